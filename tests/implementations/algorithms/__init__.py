"""Algorithms that compute an operation otherwise than the simulator does, and as rightly: one table entry each."""
