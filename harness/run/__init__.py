"""One run: the plan, the supervised child that carries it out, and the evidence it leaves."""
