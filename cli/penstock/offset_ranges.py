"""A set of offsets of one partition, kept as ranges: almost contiguous sets cost almost nothing. Pure."""

from bisect import bisect_right


class OffsetRanges:
    """Offsets of records, added in nearly ascending order."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []  # exclusive

    def __contains__(self, offset: int) -> bool:
        index = bisect_right(self._starts, offset) - 1
        return index >= 0 and offset < self._ends[index]

    def __len__(self) -> int:
        return sum(self._ends) - sum(self._starts)

    @property
    def range_count(self) -> int:
        return len(self._starts)

    def end_of(self, offset: int) -> int:
        """The first offset from this one on that is not there."""
        index = bisect_right(self._starts, offset) - 1
        return max(self._ends[index], offset) if index >= 0 else offset

    def add(self, offset: int) -> bool:
        """False when it was there already."""
        if offset in self:
            return False
        index = bisect_right(self._starts, offset)
        joins_previous = index > 0 and self._ends[index - 1] == offset
        joins_next = index < len(self._starts) and self._starts[index] == offset + 1
        if joins_previous and joins_next:
            self._ends[index - 1] = self._ends.pop(index)
            del self._starts[index]
        elif joins_previous:
            self._ends[index - 1] = offset + 1
        elif joins_next:
            self._starts[index] = offset
        else:
            self._starts.insert(index, offset)
            self._ends.insert(index, offset + 1)
        return True
