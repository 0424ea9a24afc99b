"""When to commit: often enough that KEDA sees a true lag and a crash replays little, seldom enough to cost nothing."""

from dataclasses import dataclass

INTERVAL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class CommitPolicy:
    """A commit is due at most every `interval_seconds`, or at once when half a share waits for one."""

    interval_seconds: float = INTERVAL_SECONDS

    def is_due(self, *, now: float, last_commit_at: float, uncommitted_records: int, share_records: int) -> bool:
        """`uncommitted_records`: the most that any partition has finished and not committed."""
        return uncommitted_records * 2 >= share_records or now - last_commit_at >= self.interval_seconds
