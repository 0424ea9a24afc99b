"""One file for each condition: what was seen, to a verdict. `ready.py` sums them up, `transitions.py` compares."""
