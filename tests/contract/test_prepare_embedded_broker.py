"""The pre-flight on the embedded broker (librdkafka's mock cluster), which cannot answer everything."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from penstock_worker.core.starts import CommitMetadata
from penstock_worker.prepare.run import Mode
from support.member import Member
from support.preflight import CLIENT_ID_OF_OURS, Outcome, preflight, settings_files

SILENT = logging.Logger("librdkafka")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The cluster lives in the client that made it."""
    owner = AdminClient({"bootstrap.servers": "none", "test.mock.num.brokers": 1}, logger=SILENT)
    (broker,) = owner.list_topics(timeout=10).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del owner


@pytest.fixture
def topics(request: pytest.FixtureRequest) -> dict[str, str]:
    name = request.node.name
    return {"input": f"{name}.in", "output": f"{name}.out", "error": f"{name}.err"}


def run(server: str, topics: dict[str, str], mode: Mode = "apply", **kafka: Any) -> Outcome:
    files = settings_files([server], topics=topics, consumerGroup=topics["input"], tryingOnly=True, **kafka)
    return preflight(files, mode)


def committed(server: str, topic: str) -> dict[int, TopicPartition]:
    consumer = Consumer({"bootstrap.servers": server, "group.id": topic}, logger=SILENT)
    try:
        found = consumer.committed([TopicPartition(topic, partition) for partition in range(4)], timeout=10)
        return {each.partition: each for each in found}
    finally:
        consumer.close()


def produce(server: str, topic: str, count: int) -> None:
    producer = Producer({"bootstrap.servers": server}, logger=SILENT)
    for _ in range(count):
        producer.produce(topic, b"value", partition=0)
    assert producer.flush(10) == 0


def test_topics_appear_and_the_group_gets_its_first_commits(server: str, topics: dict[str, str]) -> None:
    outcome = run(server, topics)
    assert (outcome.exit_code, outcome.reason) == (0, "Prepared")
    assert outcome.result["inputPartitions"] == 4
    found = committed(server, topics["input"])
    assert [each.offset for each in found.values()] == [0, 0, 0, 0]
    metadata = CommitMetadata.parse(found[0].metadata)
    assert metadata.topic_id is None
    assert metadata.subscribed_at is not None


def test_what_such_a_broker_cannot_answer_is_said_to_be_skipped(server: str, topics: dict[str, str]) -> None:
    skipped = " ".join(run(server, topics).result["skipped"])
    assert "group members" in skipped
    assert "size limits and durability" in skipped
    assert "WRITE on topic" in skipped


@pytest.mark.parametrize(("start_from", "offset"), [("Latest", 5), ("Earliest", 0)])
def test_the_first_commit_is_where_the_settings_say(
    server: str, topics: dict[str, str], start_from: str, offset: int
) -> None:
    produce(server, topics["input"], 5)
    run(server, topics, startFrom=start_from)
    assert committed(server, topics["input"])[0].offset == offset


def test_a_second_run_resumes_and_moves_nothing(server: str, topics: dict[str, str]) -> None:
    first = run(server, topics)
    produce(server, topics["input"], 5)
    second = run(server, topics)
    assert (first.result["groupResumed"], second.result["groupResumed"]) == (False, True)
    assert second.result["subscribedAt"] == first.result["subscribedAt"]
    assert committed(server, topics["input"])[0].offset == 0


def test_check_commits_nothing(server: str, topics: dict[str, str]) -> None:
    assert run(server, topics, "check").exit_code == 0
    assert all(each.offset < 0 for each in committed(server, topics["input"]).values())


@pytest.mark.timeout(60)
def test_workers_that_run_are_left_alone(server: str, topics: dict[str, str]) -> None:
    """The broker refuses commits from outside while they run, and they find their starts themselves."""
    produce(server, topics["input"], 5)
    worker = {"bootstrap.servers": server, "group.id": topics["input"], "client.id": CLIENT_ID_OF_OURS}
    with Member(worker, topics["input"]):
        outcome = run(server, topics)
    assert (outcome.exit_code, outcome.reason) == (0, "Prepared")
    assert all(each.offset < 0 for each in committed(server, topics["input"]).values())


@pytest.mark.timeout(60)
def test_renew_moves_no_offset(server: str, topics: dict[str, str]) -> None:
    run(server, topics)
    produce(server, topics["input"], 5)
    before = committed(server, topics["input"])
    outcome = run(server, topics, "renew")
    assert outcome.exit_code == 0
    assert outcome.message.startswith("renewed the commits of 4 partition(s)")
    after = committed(server, topics["input"])
    assert [(each.offset, each.metadata) for each in after.values()] == [
        (each.offset, each.metadata) for each in before.values()
    ]
