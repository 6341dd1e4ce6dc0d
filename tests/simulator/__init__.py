"""The simulated device, held to definitions: the protocol, IEEE 754, the array API, BLAS."""
