"""The command: thin verbs over the library."""
