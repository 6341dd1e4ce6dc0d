"""The verdict: a pure function of plan, evidence and waivers that anyone can compute again."""
