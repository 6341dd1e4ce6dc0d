"""The input classes that every operation has, whatever its family."""
