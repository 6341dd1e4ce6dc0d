"""The seam: programs speak to hardware only through the ``Device`` protocol, in a worker process of its own."""
