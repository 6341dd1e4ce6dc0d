"""The onnxruntime adapter; collected only where onnx and onnxruntime are installed."""
