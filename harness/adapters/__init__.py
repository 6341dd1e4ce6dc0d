"""What is tested: one file a kind of device, and the registry that opens them by name."""
