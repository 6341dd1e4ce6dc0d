"""What must hold: the unified interface specification, its requirements and operations, as data."""
