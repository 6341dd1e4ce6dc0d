"""Operations of the interface as models of one node, and how onnxruntime is asked to run them."""
