"""What the broker has acknowledged so far, over all partitions."""

from penstock_worker.core.histogram import Histogram


class Deliveries:
    """`wall_clock_ms` is set before deliveries are collected, so that records need no clock of their own."""

    __slots__ = ("end_to_end", "error_records", "output_records", "wall_clock_ms")

    def __init__(self) -> None:
        self.output_records = 0
        self.error_records = 0
        self.end_to_end = Histogram()
        self.wall_clock_ms = 0
