"""What the pre-flight decides from what it found, without a broker."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_worker.core.starts import Commit, CommitMetadata, LogRange, StartCause
from penstock_worker.errors import Refused
from penstock_worker.prepare.authorization import check_authorization
from penstock_worker.prepare.findings import Group, Member, Topic, Topics
from penstock_worker.prepare.first_offsets import first_commits, plan_subscription, reading, start_warnings
from penstock_worker.prepare.group import refuse_foreign_members
from penstock_worker.prepare.sizes import durability_warnings
from penstock_worker.reasons import Reason
from penstock_worker.topic_limits import TopicLimits
from support.preflight import CLIENT_ID_OF_OURS, settings_files

NOW = datetime(2026, 3, 8, tzinfo=UTC)
EARLIER = NOW - timedelta(days=7)
LOG = LogRange(start_offset=10, stable_offset=90, end_offset=100)
LOGS = {0: LOG, 1: LOG}
OURS = CommitMetadata("id", EARLIER)


def plan(commits: dict[int, Commit], start_from: Literal["Latest", "Earliest"] = "Latest", **changes: Any) -> Any:
    return plan_subscription(commits, LOGS, **{"topic_id": "id", "start_from": start_from, "now": NOW, **changes})


def test_a_new_group_gets_a_commit_in_every_partition() -> None:
    latest, earliest = plan({}), plan({}, "Earliest")
    assert {partition: start.offset for partition, start in latest.starts.items()} == {0: 90, 1: 90}
    assert {partition: start.offset for partition, start in earliest.starts.items()} == {0: 10, 1: 10}
    assert latest.subscribed_at == NOW
    assert not latest.resumed
    assert first_commits("id", latest)[0] == Commit(90, CommitMetadata("id", NOW))


def test_a_group_with_commits_in_range_is_left_alone() -> None:
    subscription = plan({0: Commit(20, OURS), 1: Commit(100, OURS)})
    assert subscription.starts == {}
    assert (subscription.resumed, subscription.subscribed_at) == (True, EARLIER)


def test_partitions_added_since_are_read_from_the_first_subscription_on() -> None:
    """Not from now: records may have come to them before anybody looked."""
    subscription = plan({0: Commit(20, OURS)})
    assert subscription.subscribed_at == EARLIER
    assert {partition: start.not_before for partition, start in subscription.starts.items()} == {1: EARLIER}


def test_a_group_that_lost_its_commits_starts_where_somebody_remembers_that_it_subscribed() -> None:
    """At the end, what was sent since would be skipped."""
    subscription = plan({}, subscribed_at=EARLIER)
    assert {start.not_before for start in subscription.starts.values()} == {EARLIER}
    assert (subscription.resumed, subscription.subscribed_at) == (False, EARLIER)


def test_what_the_commits_tell_goes_over_what_somebody_remembers() -> None:
    assert plan({0: Commit(20, OURS)}, subscribed_at=NOW).subscribed_at == EARLIER


def test_another_programs_group_is_resumed_where_it_was() -> None:
    subscription = plan({0: Commit(20, CommitMetadata()), 1: Commit(30, CommitMetadata())})
    assert (subscription.resumed, subscription.subscribed_at, subscription.starts) == (True, None, {})


def test_an_expired_commit_is_left_for_the_worker_to_count() -> None:
    assert plan({0: Commit(5, OURS), 1: Commit(20, OURS)}).starts == {}


@pytest.mark.parametrize(
    ("committed", "topic_id", "cause"),
    [(20, "new", StartCause.TOPIC_RECREATED), (101, "id", StartCause.BEYOND_END)],
)
def test_commits_that_mean_nothing_are_replaced_and_told(committed: int, topic_id: str, cause: StartCause) -> None:
    """KEDA would see a lag below zero and never start a worker that could mend it."""
    subscription = plan({0: Commit(committed, OURS), 1: Commit(committed, OURS)}, topic_id=topic_id)
    assert {start.offset for start in subscription.starts.values()} == {10}
    (warning,) = start_warnings("in", subscription.starts)
    assert cause.value in warning
    assert "partition(s) 0, 1 of topic in" in warning


offsets = st.integers(min_value=0, max_value=200)
commit = st.builds(Commit, offsets, st.sampled_from([OURS, CommitMetadata(), CommitMetadata("old", EARLIER)]))


@given(commits=st.dictionaries(st.sampled_from([0, 1]), commit), start_from=st.sampled_from(["Latest", "Earliest"]))
def test_a_second_pre_flight_finds_nothing_left_to_commit(
    commits: dict[int, Commit], start_from: Literal["Latest", "Earliest"]
) -> None:
    first = plan(commits, start_from)
    looked_up = {partition: start.found(None, LOG) for partition, start in first.starts.items()}
    written = commits | {p: Commit(start.offset or 0, CommitMetadata("id", NOW)) for p, start in looked_up.items()}
    assert plan(written, start_from).starts == {}


@pytest.mark.parametrize(
    ("commits", "start_from", "says"),
    [
        ({}, "Latest", "reading records sent after 2026-03-08T00:00:00.000Z"),
        ({}, "Earliest", "reading every retained record"),
        ({0: Commit(20, OURS)}, "Latest", "after 2026-03-01T00:00:00.000Z; resumed group model.payments.fraud"),
        ({0: Commit(20, CommitMetadata()), 1: Commit(20, CommitMetadata())}, "Latest", "commits of an earlier program"),
    ],
)
def test_people_are_told_what_will_be_read(
    commits: dict[int, Commit], start_from: Literal["Latest", "Earliest"], says: str
) -> None:
    settings = settings_files(["k:9092"], startFrom=start_from).kafka
    assert says in reading(settings, plan(commits, start_from), has_members=False)
    assert "workers are running" in reading(settings, plan(commits, start_from), has_members=True)


ALLOWED = Topics(
    Topic("in", 1, operations=frozenset({"READ", "DESCRIBE"})),
    Topic("out", 1, operations=frozenset({"WRITE"})),
    Topic("err", 1, operations=frozenset({"ALL"})),
)


def test_read_on_input_and_group_and_write_on_the_outputs_are_enough() -> None:
    assert check_authorization(ALLOWED, Group("g", (), frozenset({"READ"}))) == []


def test_every_missing_operation_is_named_at_once() -> None:
    denied = Topics(*(Topic(name, 1, operations=frozenset({"DESCRIBE"})) for name in ("in", "out", "err")))
    with pytest.raises(Refused) as refused:
        check_authorization(denied, Group("g", (), frozenset({"DESCRIBE"})))
    assert refused.value.reason is Reason.AUTHORIZATION_FAILED
    assert "READ on topic in, WRITE on topic out, WRITE on topic err, READ on group g" in str(refused.value)
    assert "--operation Read --topic in" in str(refused.value)


def test_one_topic_for_output_and_error_is_named_once() -> None:
    out = Topic("out", 1, operations=frozenset())
    with pytest.raises(Refused, match="lacks WRITE on topic out;"):
        check_authorization(Topics(ALLOWED.input, out, out), None)


def test_what_a_broker_does_not_tell_is_said_to_be_unchecked() -> None:
    (note,) = check_authorization(Topics(Topic("in", 1), ALLOWED.output, ALLOWED.error), None)
    assert "READ on topic in" in note


def test_members_of_this_deployment_may_stay() -> None:
    refuse_foreign_members(settings_files(["k:9092"]).kafka, [Member(CLIENT_ID_OF_OURS, "/10.0.0.1")])


@pytest.mark.parametrize("client_id", ["rdkafka", "", "penstock/payments/fraud2/pod", "penstock/payments/fraud"])
def test_anybody_else_is_foreign_and_named(client_id: str) -> None:
    with pytest.raises(Refused) as refused:
        refuse_foreign_members(
            settings_files(["k:9092"]).kafka,
            [Member(CLIENT_ID_OF_OURS, "/10.0.0.1"), *[Member(client_id, f"/10.0.0.{n}") for n in range(2, 9)]],
        )
    assert refused.value.reason is Reason.GROUP_IN_USE
    assert f"{client_id or '(no client.id)'} at 10.0.0.2" in str(refused.value)
    assert "and 4 more" in str(refused.value)
    assert "10.0.0.1," not in str(refused.value)


@pytest.mark.parametrize(
    ("replicas", "in_sync", "unclean", "warnings"),
    [
        (3, 2, False, []),
        (5, 3, False, []),
        (1, 1, False, ["1 replica(s)"]),
        (2, 2, False, ["2 replica(s)"]),
        (3, 1, False, ["min.insync.replicas=1"]),
        (3, 2, True, ["unclean.leader.election.enable=true"]),
        (1, 1, True, ["1 replica(s)", "unclean.leader.election.enable=true"]),
    ],
)
def test_what_could_lose_acknowledged_records_is_warned_of(
    *, replicas: int, in_sync: int, unclean: bool, warnings: list[str]
) -> None:
    told = durability_warnings(Topic("t", 1, replication_factor=replicas), TopicLimits(1, in_sync, unclean))
    assert len(told) == len(warnings)
    assert all(part in line and "topic t" in line for part, line in zip(warnings, told, strict=True))
