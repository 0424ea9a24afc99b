"""A latency histogram of plain integers: cheap enough to count every record, read only at scrape time.

Bounds are powers of two milliseconds, so that the bucket of a latency is its bit length: the hot path adds to
`counts` itself, without a call.
"""

LONGEST_BOUND = 19  # 2**19 ms, about nine minutes; everything slower is in +Inf
BUCKETS = 64


class Histogram:
    """`counts[n]` holds latencies below 2**n ms and not below 2**(n-1) ms."""

    __slots__ = ("counts", "total_milliseconds")

    def __init__(self) -> None:
        self.counts = [0] * BUCKETS
        self.total_milliseconds = 0

    def observe(self, milliseconds: int) -> None:
        """Negative latencies, of clocks that disagree, count as none: a sum that falls would look like a restart."""
        milliseconds = max(0, milliseconds)
        self.counts[milliseconds.bit_length()] += 1
        self.total_milliseconds += milliseconds

    @property
    def total_seconds(self) -> float:
        return self.total_milliseconds / 1000

    def cumulative(self) -> list[tuple[str, float]]:
        """Pairs of upper bound in seconds and count, as the exposition format wants them."""
        rows, running = [], 0
        for exponent, count in enumerate(self.counts[: LONGEST_BOUND + 1]):
            running += count
            rows.append((str(2**exponent / 1000), float(running)))
        return [*rows, ("+Inf", float(sum(self.counts)))]
