"""Reports: one view of a finished run, and its renderings."""
