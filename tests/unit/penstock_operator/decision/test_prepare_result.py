"""Whatever a pre-flight leaves behind, it ends in one outcome."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_operator.decision.prepare_jobs import PrepareJob
from penstock_operator.decision.prepare_result import POD_SEEN_WITHIN_SECONDS, Outcome, outcome_of
from penstock_operator.decision.texts import MAX_MESSAGE_BYTES
from penstock_operator.decision.times import format_time

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=POD_SEEN_WITHIN_SECONDS)
NAME = "fraud-prepare-abcd1234-3"


def job(kind: str | None, reason: str = "", name: str = NAME) -> PrepareJob:
    condition = {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": format_time(NOW)}
    metadata = {"name": name, "uid": "u", "creationTimestamp": format_time(NOW)}
    read = PrepareJob.of(
        {"metadata": metadata, "status": {"conditions": [condition] if kind else []}}, owner_name="fraud"
    )
    assert read
    return read


def pod(message: str, code: int = 0, reason: str = "Completed", job_name: str = NAME) -> dict[str, Any]:
    ended = {"message": message, "exitCode": code, "reason": reason}
    return {
        "metadata": {"name": "p", "labels": {"batch.kubernetes.io/job-name": job_name}},
        "status": {"containerStatuses": [{"name": "prepare", "state": {"terminated": ended}}]},
    }


def line(reason: str, **fields: Any) -> str:
    return json.dumps({"reason": reason, **fields})


def outcome(job: PrepareJob, *pods: dict[str, Any], now: datetime = LATER) -> Outcome:
    found = outcome_of(job, pods, now)
    assert found
    return found


def test_facts_are_taken_from_the_line() -> None:
    passed = outcome(
        job("Complete"),
        pod(line("Prepared", message="fine", inputPartitions=6, subscribedAt="2026-01-01T00:00:00Z", warnings=["w"])),
    )
    assert passed.passed
    assert (passed.input_partitions, passed.subscribed_at) == (6, "2026-01-01T00:00:00Z")
    assert passed.message == "fine; w"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ((job("Complete"),), "Prepared"),
        ((job("Complete"), pod("what is this")), "Prepared"),
        ((job("Failed"), pod(line("TopicMissing", message="no topic"), 7)), "TopicMissing"),
        ((job("Failed"), pod("a log line, since it wrote no result", 7)), "TopicMissing"),
        ((job("Failed"), pod(line("OfANewerWorker"), 99)), "PrepareFailed"),
        ((job("Failed"), pod(line("Prepared"), 1)), "PrepareFailed"),
        ((job("Failed"), pod(line("Conflict"), 1)), "PrepareFailed"),
        ((job("Failed"), pod("", 137, "OOMKilled")), "PrepareFailed"),
        ((job("Failed"),), "PrepareFailed"),
        ((job("Failed", "DeadlineExceeded"),), "PrepareTimedOut"),
        ((job("Failed", "DeadlineExceeded"), pod(line("BrokersUnreachable"), 3)), "BrokersUnreachable"),
        ((job("Failed"), pod(line("TlsFailed"), 4, job_name="another")), "PrepareFailed"),
    ],
)
def test_the_job_says_whether_and_the_pod_says_why(given: Any, reason: str) -> None:
    assert outcome(*given).reason.text == reason


def test_a_job_that_runs_has_no_outcome() -> None:
    assert outcome_of(job(None), [], LATER) is None


def test_a_pod_that_has_not_been_seen_to_end_is_awaited_for_a_moment() -> None:
    assert outcome_of(job("Failed"), [], NOW) is None
    assert outcome(job("Failed", "DeadlineExceeded"), now=NOW).reason.text == "PrepareTimedOut"


def test_a_time_that_is_none_is_not_told_on() -> None:
    assert outcome(job("Complete"), pod(line("Prepared", subscribedAt="yesterday"))).subscribed_at is None


@given(st.text(max_size=5000), st.integers(0, 255), st.sampled_from(["Complete", "Failed"]))
def test_no_message_is_too_long_and_none_that_is_no_result_is_told_on(message: str, code: int, kind: str) -> None:
    found = outcome(job(kind), pod(message, code))
    assert len(found.message.encode()) <= MAX_MESSAGE_BYTES
    assert len(message) < 20 or message not in found.message


@pytest.mark.parametrize("name", ["fraud-prepare-x", "fraud-prepare-", "another", "fraud-prepare-abcd-x"])
def test_a_job_of_another_name_is_no_pre_flight(name: str) -> None:
    assert PrepareJob.of({"metadata": {"name": name, "uid": "u"}}, owner_name="fraud") is None
