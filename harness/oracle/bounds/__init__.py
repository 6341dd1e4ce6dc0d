"""How far off a result may be: the only place where tolerances stand, each formula with its source."""
