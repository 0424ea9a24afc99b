"""The pre-flight: what must hold before a worker may see new Kafka settings, and the group's first commit.

`run.py` has the order; every other file is one concern.
"""
