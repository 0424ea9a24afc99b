"""The pre-flight's first commits, and who may be in the group, on a real broker."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from penstock_worker.core.starts import CommitMetadata, parse_time
from penstock_worker.prepare.run import Mode
from support.kafka.cluster import KafkaCluster
from support.kafka.records import Record
from support.member import Member
from support.preflight import CLIENT_ID_OF_OURS, Outcome, preflight, settings_files

pytestmark = pytest.mark.kafka


@dataclass(frozen=True, slots=True)
class Case:
    """One deployment's topics and group on the shared broker."""

    kafka: KafkaCluster
    input: str
    output: str
    error: str
    group: str

    def run(self, mode: Mode = "apply", *, subscribed_at: datetime | None = None, **kafka: Any) -> Outcome:
        topics = {"input": self.input, "output": self.output, "error": self.error}
        settings = {"topics": topics, "consumerGroup": self.group} | kafka
        return preflight(settings_files(self.kafka.bootstrap_servers(), **settings), mode, subscribed_at=subscribed_at)

    def produce(self, count: int, topic: str | None = None) -> None:
        self.kafka.produce(topic or self.input, [Record(b"value", partition=0) for _ in range(count)])

    def member(self, topic: str, client_id: str = CLIENT_ID_OF_OURS) -> Member:
        return Member({**self.kafka.client_config(), "group.id": self.group, "client.id": client_id}, topic)

    def committed(self, topic: str | None = None, partitions: int = 2) -> list[TopicPartition]:
        with self._outsider() as consumer:
            wanted = [TopicPartition(topic or self.input, number) for number in range(partitions)]
            return list(consumer.committed(wanted, timeout=10))

    def commit(self, *offsets: int, metadata: str | None = None, topic: str | None = None) -> None:
        with self._outsider() as consumer:
            wanted = [
                TopicPartition(topic or self.input, n, offset, metadata or "") for n, offset in enumerate(offsets)
            ]
            consumer.commit(offsets=wanted, asynchronous=False)

    def offsets(self, topic: str | None = None, partitions: int = 2) -> list[int]:
        return [each.offset for each in self.committed(topic, partitions)]

    @contextmanager
    def _outsider(self) -> Iterator[Consumer]:
        consumer = Consumer({**self.kafka.client_config(), "group.id": self.group})
        try:
            yield consumer
        finally:
            consumer.close()


@pytest.fixture
def case(kafka: KafkaCluster, new_topic: Callable[..., str], unique: Callable[[str], str]) -> Case:
    return Case(kafka, new_topic("in", partitions=2), new_topic("out", partitions=2), new_topic("err"), unique("group"))


NO_COMMIT = -1001


@pytest.mark.parametrize(("start_from", "offset"), [("Latest", 3), ("Earliest", 0)])
def test_every_partition_gets_a_first_commit(case: Case, start_from: str, offset: int) -> None:
    case.produce(3)
    outcome = case.run(startFrom=start_from)
    assert (outcome.exit_code, outcome.reason) == (0, "Prepared")
    assert case.offsets() == [offset, 0]
    assert outcome.result["groupResumed"] is False
    assert outcome.result["inputPartitions"] == 2


def test_commits_say_which_topic_they_mean_and_since_when(case: Case) -> None:
    outcome = case.run()
    for each in case.committed():
        metadata = CommitMetadata.parse(each.metadata)
        assert metadata.topic_id == outcome.result["topicId"]
        assert metadata.subscribed_at == parse_time(outcome.result["subscribedAt"])


def test_a_second_run_resumes_and_says_so(case: Case) -> None:
    first = case.run()
    case.produce(3)
    second = case.run()
    assert second.result["groupResumed"] is True
    assert second.result["subscribedAt"] == first.result["subscribedAt"]
    assert f"resumed group {case.group}" in second.message
    assert case.offsets() == [0, 0]


def test_a_group_that_lost_its_commits_skips_nothing_since_the_subscription_that_is_remembered(case: Case) -> None:
    """Brokers expire the commits of an idle group; without the time it would look new and begin at the end."""
    hour_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    case.produce(3)
    outcome = case.run(subscribed_at=hour_ago)
    assert case.offsets() == [0, 0]
    assert parse_time(outcome.result["subscribedAt"]) == hour_ago


def test_another_programs_commits_are_resumed(case: Case) -> None:
    case.produce(3)
    case.commit(1, 0, metadata="theirs")
    outcome = case.run()
    assert outcome.result["groupResumed"] is True
    assert outcome.result["subscribedAt"] is None
    assert [(each.offset, each.metadata) for each in case.committed()] == [(1, "theirs"), (0, "theirs")]


def test_a_partition_added_since_loses_none_of_its_records(case: Case) -> None:
    """It starts at the first record since the subscription, not where it ends now."""
    case.run()
    case.kafka.add_partitions(case.input, 3)
    case.kafka.produce(case.input, [Record(b"value", partition=2) for _ in range(4)])
    assert case.run().result["inputPartitions"] == 3
    assert case.offsets(partitions=3) == [0, 0, 0]


def test_check_commits_and_creates_nothing(case: Case, unique: Callable[[str], str]) -> None:
    assert case.run("check").exit_code == 0
    assert case.offsets() == [NO_COMMIT, NO_COMMIT]
    topics = {"input": case.input, "output": unique("absent"), "error": case.error}
    assert case.run("check", topics=topics, createTopics={}).reason == "TopicMissing"


def test_commits_of_a_deleted_and_recreated_topic_start_over(case: Case) -> None:
    """The broker drops a deleted topic's commits, but takes a late one of a worker that had not noticed. That offset is
    in range of the new topic, and would skip its first records.
    """
    case.run()
    old_metadata = case.committed()[0].metadata
    case.kafka.delete_topic(case.input)
    case.kafka.create_topic(case.input, partitions=2)
    case.produce(5)
    case.commit(3, 0, metadata=old_metadata)
    outcome = case.run()
    assert case.offsets() == [0, 0]
    assert any("deleted and created again" in warning for warning in outcome.result["warnings"])


def test_commits_beyond_the_end_start_over(case: Case) -> None:
    case.commit(100, 0)
    outcome = case.run()
    assert case.offsets() == [0, 0]
    assert any("beyond the end" in warning for warning in outcome.result["warnings"])


def test_a_foreign_member_is_named_and_the_group_refused(case: Case) -> None:
    with case.member(case.input, client_id="billing-7"):
        outcome = case.run()
    assert (outcome.exit_code, outcome.reason) == (10, "GroupInUse")
    assert f"group {case.group}" in outcome.message
    assert "billing-7 at 127.0.0.1" in outcome.message
    assert case.offsets() == [NO_COMMIT, NO_COMMIT]


def test_workers_of_ours_are_left_alone(case: Case) -> None:
    case.commit(0)
    with case.member(case.input):
        outcome = case.run()
    assert (outcome.exit_code, outcome.reason) == (0, "Prepared")
    assert "workers are running" in outcome.message
    assert case.offsets() == [0, NO_COMMIT]


def test_a_new_input_topic_gets_its_first_commits_while_workers_read_the_old_one(
    case: Case, new_topic: Callable[..., str]
) -> None:
    """The broker refuses outsiders then; without commits the workers to come would not know their subscription."""
    old_input = new_topic("old", partitions=2)
    case.produce(3)
    case.commit(0, 0, topic=old_input)
    with case.member(old_input):
        with pytest.raises(KafkaException, match="Unknown member"):
            case.commit(0, 0)
        outcome = case.run()
        assert outcome.exit_code == 0, outcome
    assert case.offsets() == [3, 0]
    assert case.offsets(old_input) == [0, 0]
    metadata = CommitMetadata.parse(case.committed()[0].metadata)
    assert metadata.subscribed_at == parse_time(outcome.result["subscribedAt"])


def test_renew_moves_no_offset_and_leaves_the_group_empty(case: Case) -> None:
    case.run()
    case.produce(3)
    before = [(each.offset, each.metadata) for each in case.committed()]
    outcome = case.run("renew")
    assert outcome.exit_code == 0, outcome
    assert outcome.message.startswith("renewed the commits of 2 partition(s)")
    assert [(each.offset, each.metadata) for each in case.committed()] == before
    (description,) = case.kafka.admin().describe_consumer_groups([case.group]).values()
    assert description.result(10).members == []


def test_renew_only_checks_while_workers_run(case: Case) -> None:
    case.run()
    with case.member(case.input):
        outcome = case.run("renew")
    assert outcome.exit_code == 0
    assert "renewed" not in outcome.message


def test_renew_of_a_group_without_commits_commits_nothing(case: Case) -> None:
    assert case.run("renew").exit_code == 0
    assert case.offsets() == [NO_COMMIT, NO_COMMIT]


def test_records_of_an_open_transaction_are_after_the_subscription(case: Case, unique: Callable[[str], str]) -> None:
    """They become readable after it."""
    producer = Producer({**case.kafka.client_config(), "transactional.id": unique("transaction")})
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce(case.input, b"value", partition=0)
    producer.flush(10)
    case.run(startFrom="Latest")
    producer.commit_transaction(10)
    assert case.offsets() == [0, 0]


def test_the_result_file_holds_the_line_of_stdout(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = case.run()
    assert json.loads(capsys.readouterr().out) == outcome.result
