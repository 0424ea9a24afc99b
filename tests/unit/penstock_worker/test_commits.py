"""When a commit is due."""

import pytest

from penstock_worker.core.commits import CommitPolicy


@pytest.mark.parametrize(
    ("since_last_seconds", "uncommitted_records", "due"),
    [
        (0.0, 0, False),
        (0.19, 49, False),
        (0.2, 0, True),
        (0.2, 49, True),
        (0.0, 50, True),
        (0.0, 5000, True),
    ],
)
def test_a_commit_is_due_after_200_ms_or_with_half_a_share(
    since_last_seconds: float, uncommitted_records: int, due: bool
) -> None:
    assert due is CommitPolicy().is_due(
        now=100 + since_last_seconds, last_commit_at=100, uncommitted_records=uncommitted_records, share_records=100
    )
