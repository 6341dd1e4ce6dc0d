"""What is right: seeded inputs, exact references, error bounds, and the rules that compare."""
