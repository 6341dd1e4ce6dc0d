"""Profiles: what is claimed, read strictly and asked for."""
