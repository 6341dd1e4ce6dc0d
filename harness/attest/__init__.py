"""Who says so: signed statements about runs, the signed list of a bundle, and the keys that sign."""
