"""What is right for each family of operations: how they are asked, and what must come of it."""
