"""The right result of every operation: exact, rounded once, or so close that its own error is nothing."""
