"""A device made from a profile: memory, streams, and arithmetic as declared."""
