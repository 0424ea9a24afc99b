"""Where a partition starts, for any commit that anybody may have left behind."""

import json
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock_worker.core.starts import (
    CommitMetadata,
    LogRange,
    Start,
    StartCause,
    decide_start,
    format_time,
    parse_time,
    subscription_time,
)

SUBSCRIBED_AT = datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC)
KAFKA_METADATA_MAX_BYTES = 4096

offsets = st.integers(min_value=0, max_value=2**62)
topic_ids = st.one_of(st.none(), st.sampled_from(["old", "new"]))
times = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)).map(
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
)
metadata = st.builds(CommitMetadata, topic_id=topic_ids, subscribed_at=st.one_of(st.none(), times))
start_from = st.sampled_from(["Latest", "Earliest"])


@st.composite
def logs(draw: st.DrawFn) -> LogRange:
    start, stable, end = sorted(draw(st.lists(offsets, min_size=3, max_size=3)))
    return LogRange(start_offset=start, stable_offset=stable, end_offset=end)


LOG = LogRange(start_offset=100, stable_offset=180, end_offset=200)


OURS = CommitMetadata("id", SUBSCRIBED_AT)


def start_at(
    committed_offset: int | None,
    *,
    written_by: CommitMetadata = OURS,
    topic_id: str | None = "id",
    subscribed_at: datetime | None = SUBSCRIBED_AT,
    start_from: Literal["Latest", "Earliest"] = "Latest",
) -> Start:
    return decide_start(
        committed_offset=committed_offset,
        metadata=written_by,
        log=LOG,
        topic_id=topic_id,
        subscribed_at=subscribed_at,
        start_from=start_from,
    )


@pytest.mark.parametrize("committed", [100, 150, 180, 190, 200])
@pytest.mark.parametrize("written_by", [OURS, CommitMetadata()], ids=["ours", "foreign"])
def test_a_commit_in_range_is_where_reading_goes_on(committed: int, written_by: CommitMetadata) -> None:
    """Both ends included, also above the stable offset: an earlier program may have read uncommitted."""
    assert start_at(committed, written_by=written_by) == Start(StartCause.RESUMED, committed)


def test_what_retention_took_is_counted() -> None:
    assert start_at(60) == Start(StartCause.EXPIRED, 100, expired_records=40)


def test_a_commit_beyond_the_end_means_another_log() -> None:
    assert start_at(201) == Start(StartCause.BEYOND_END, 100)


@pytest.mark.parametrize("committed", [60, 150, 201])
def test_another_topic_id_voids_any_commit(committed: int) -> None:
    """An offset in range would skip the new topic's first records; nothing expired, since nothing was of this topic."""
    assert start_at(committed, topic_id="new") == Start(StartCause.TOPIC_RECREATED, 100)


def test_a_broker_that_tells_no_topic_id_leaves_the_offset_trusted() -> None:
    assert start_at(150, topic_id=None) == Start(StartCause.RESUMED, 150)


def test_latest_without_a_commit_starts_at_the_subscription() -> None:
    start = start_at(None)
    assert start == Start(StartCause.SUBSCRIBED, None, not_before=SUBSCRIBED_AT)
    assert start.found(142, LOG).offset == 142
    assert start.found(-1, LOG).offset == start.found(None, LOG).offset == 180


def test_latest_without_commit_or_subscription_starts_where_an_open_transaction_does() -> None:
    """Records of a transaction that is open now become readable after the subscription."""
    assert start_at(None, subscribed_at=None) == Start(StartCause.SUBSCRIBED, 180)


def test_earliest_without_a_commit_starts_at_the_log_start() -> None:
    assert start_at(None, start_from="Earliest") == Start(StartCause.SUBSCRIBED, 100)


@given(
    committed=st.one_of(st.none(), offsets),
    written_by=metadata,
    log=logs(),
    topic_id=topic_ids,
    subscribed_at=st.one_of(st.none(), times),
    start_from=start_from,
    found=st.one_of(st.none(), offsets),
)
def test_every_start_is_readable_and_skips_no_retained_record(
    *,
    committed: int | None,
    written_by: CommitMetadata,
    log: LogRange,
    topic_id: str | None,
    subscribed_at: datetime | None,
    start_from: Literal["Latest", "Earliest"],
    found: int | None,
) -> None:
    start = decide_start(
        committed_offset=committed,
        metadata=written_by,
        log=log,
        topic_id=topic_id,
        subscribed_at=subscribed_at,
        start_from=start_from,
    )
    if start.offset is None:
        assert committed is None
        assert start.not_before == subscribed_at is not None
        found = None if found is None else min(max(found, log.start_offset), log.stable_offset)
    resolved = start.found(found, log)
    assert resolved.offset is not None
    assert log.start_offset <= resolved.offset <= log.end_offset
    if committed is not None:
        assert resolved.offset <= max(committed, log.start_offset)
        assert resolved.expired_records in {0, resolved.offset - committed}


@given(metadata)
def test_metadata_survives_the_broker(written: CommitMetadata) -> None:
    assert CommitMetadata.parse(written.encode()) == written
    assert len(written.encode().encode()) < KAFKA_METADATA_MAX_BYTES


def test_metadata_is_the_documented_json() -> None:
    assert CommitMetadata("id", SUBSCRIBED_AT).encode() == '{"topicId":"id","subscribedAt":"2026-03-01T12:00:00.123Z"}'


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.sampled_from(["topicId", "subscribedAt", "x"]), inner)),
)


@given(st.one_of(st.none(), st.text(max_size=200), json_values.map(json.dumps)))
@example("[" * 100_000)
@example('{"subscribedAt":"0001-01-01T00:00:00+23:59"}')
@example('{"subscribedAt":"2026-03-01T12:00:00"}')
@example('{"topicId":7,"subscribedAt":7}')
def test_foreign_or_broken_metadata_is_unknown_and_never_an_error(text: str | None) -> None:
    parsed = CommitMetadata.parse(text)
    assert parsed.topic_id is None or parsed.topic_id
    assert parsed.subscribed_at is None or parsed.subscribed_at.tzinfo is UTC


@given(times, st.integers(min_value=-23, max_value=23))
def test_times_mean_the_same_instant_in_any_zone(time: datetime, hours: int) -> None:
    sign, hours = ("-" if hours < 0 else "+"), abs(hours)
    local = (time + timedelta(hours=hours if sign == "+" else -hours)).isoformat()[: -len("+00:00")]
    assert parse_time(f"{local}{sign}{hours:02}:00") == time
    assert parse_time(format_time(time)) == time


def test_subscription_is_the_earliest_known() -> None:
    later = SUBSCRIBED_AT + timedelta(days=1)
    known = [CommitMetadata(), CommitMetadata("id", later), CommitMetadata("id", SUBSCRIBED_AT)]
    assert subscription_time(known) == SUBSCRIBED_AT
    assert subscription_time([CommitMetadata("id")]) is None
