"""From what was observed to what is to be done. Pure: values in, values out; begin at `decide.py`."""
