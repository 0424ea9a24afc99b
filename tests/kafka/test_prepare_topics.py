"""Topics that are there, missing or made, their limits and their safety, on a real broker."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from support.kafka.cluster import KafkaCluster
from support.ports import free_port
from support.preflight import Outcome, preflight, settings_files

pytestmark = pytest.mark.kafka


@pytest.fixture
def names(unique: Callable[[str], str]) -> dict[str, str]:
    return {"input": unique("in"), "output": unique("out"), "error": unique("err")}


@pytest.fixture
def kafka_with_input(kafka: KafkaCluster, names: dict[str, str]) -> Iterator[KafkaCluster]:
    """The input is there; what the pre-flight made is deleted afterwards."""
    kafka.create_topic(names["input"], partitions=3)
    yield kafka
    there = kafka.admin().list_topics(timeout=10).topics
    kafka.delete_topic(*(name for name in set(names.values()) if name in there))


def run(kafka: KafkaCluster, names: dict[str, str], **settings: Any) -> Outcome:
    files = settings_files(kafka.bootstrap_servers(), topics=names, consumerGroup=names["input"], **settings)
    return preflight(files)


def partitions(kafka: KafkaCluster, topic: str) -> int:
    return len(kafka.admin().list_topics(topic, timeout=10).topics[topic].partitions)


def config(kafka: KafkaCluster, topic: str, key: str) -> str | None:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    value: str | None = kafka.admin().describe_configs([resource])[resource].result(10)[key].value
    return value


def test_every_missing_topic_is_named_with_what_to_do(kafka: KafkaCluster, names: dict[str, str]) -> None:
    outcome = run(kafka, names)
    assert (outcome.exit_code, outcome.reason) == (7, "TopicMissing")
    assert f"{names['input']}, {names['output']}, {names['error']} does not exist" in outcome.message
    assert "kafka.createTopics" in outcome.message


def test_asking_for_a_topic_never_makes_it(unique: Callable[[str], str], names: dict[str, str]) -> None:
    """Many clusters create topics on demand; the pre-flight demands none."""
    with KafkaCluster(properties={"auto.create.topics.enable": "true"}) as kafka:
        assert run(kafka, names).reason == "TopicMissing"
        assert not set(names.values()) & set(kafka.admin().list_topics(timeout=10).topics)


def test_the_input_is_never_created_in_a_cluster(kafka: KafkaCluster, names: dict[str, str]) -> None:
    outcome = run(kafka, names, createTopics={})
    assert outcome.reason == "TopicMissing"
    assert "never creates the input topic" in outcome.message
    assert names["output"] not in kafka.admin().list_topics(timeout=10).topics


def test_output_and_error_take_the_inputs_partitions(kafka_with_input: KafkaCluster, names: dict[str, str]) -> None:
    assert run(kafka_with_input, names, createTopics={}).reason == "Prepared"
    assert partitions(kafka_with_input, names["output"]) == 3
    assert partitions(kafka_with_input, names["error"]) == 3


def test_wanted_partitions_and_config_are_given(kafka_with_input: KafkaCluster, names: dict[str, str]) -> None:
    wanted = {"partitions": 5, "replicationFactor": 1, "config": {"max.message.bytes": "2000000"}}
    outcome = run(kafka_with_input, names, createTopics=wanted)
    assert partitions(kafka_with_input, names["output"]) == 5
    assert outcome.result["outputMaxMessageBytes"] == 2_000_000
    assert outcome.result["errorMaxMessageBytes"] == 2_000_000


def test_the_local_run_creates_the_input_as_well(kafka: KafkaCluster, names: dict[str, str]) -> None:
    try:
        outcome = run(kafka, names, createTopics={"includeInput": True, "partitions": 4})
        assert (outcome.exit_code, outcome.result["inputPartitions"]) == (0, 4)
        assert [partitions(kafka, name) for name in names.values()] == [4, 4, 4]
    finally:
        kafka.delete_topic(*names.values())


def test_a_topic_that_is_there_is_not_changed(kafka_with_input: KafkaCluster, names: dict[str, str]) -> None:
    kafka_with_input.create_topic(names["output"], partitions=2, config={"max.message.bytes": "500000"})
    outcome = run(kafka_with_input, names, createTopics={"partitions": 7, "config": {"max.message.bytes": "9"}})
    assert outcome.reason == "Prepared"
    assert partitions(kafka_with_input, names["output"]) == 2
    assert outcome.result["outputMaxMessageBytes"] == 500_000


def test_one_topic_may_be_output_and_error(kafka_with_input: KafkaCluster, names: dict[str, str]) -> None:
    names["error"] = names["output"]
    assert run(kafka_with_input, names, createTopics={}).reason == "Prepared"


def test_pre_flights_at_the_same_time_do_not_disturb_each_other(
    kafka_with_input: KafkaCluster, names: dict[str, str]
) -> None:
    outcomes: list[Outcome] = []
    runs = [
        threading.Thread(target=lambda: outcomes.append(run(kafka_with_input, names, createTopics={})))
        for _ in range(4)
    ]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert [outcome.reason for outcome in outcomes] == ["Prepared"] * 4, outcomes


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"replicationFactor": 3}, "replication factor"),
        ({"config": {"no.such.key": "1"}}, "no.such.key"),
    ],
)
def test_a_topic_that_the_broker_refuses_to_make_has_a_reason_of_its_own(
    kafka_with_input: KafkaCluster, names: dict[str, str], wanted: dict[str, Any], says: str
) -> None:
    outcome = run(kafka_with_input, names, createTopics=wanted)
    assert (outcome.exit_code, outcome.reason) == (14, "TopicCreationFailed")
    assert says in outcome.message
    assert f"create topic {names['output']}" in outcome.message


def test_too_few_replicas_are_warned_of(kafka_with_input: KafkaCluster, names: dict[str, str]) -> None:
    warnings = run(kafka_with_input, names, createTopics={}).result["warnings"]
    assert [name for name in names.values() if any(f"topic {name} has 1 replica(s)" in each for each in warnings)] == [
        *names.values()
    ]


@pytest.fixture(scope="module")
def three_brokers() -> Iterator[KafkaCluster]:
    with KafkaCluster(brokers=3, properties={"default.replication.factor": "3"}) as cluster:
        cluster.create_topic("in", partitions=2, config={"min.insync.replicas": "2"})
        yield cluster


@pytest.mark.parametrize("wanted", [{}, {"replicationFactor": 3}], ids=["brokers-default", "given"])
def test_topics_on_three_replicas_are_made_safe(
    three_brokers: KafkaCluster, unique: Callable[[str], str], wanted: dict[str, Any]
) -> None:
    names = {"input": "in", "output": unique("out"), "error": unique("err")}
    outcome = run(three_brokers, names, createTopics=wanted)
    assert (outcome.reason, outcome.result["warnings"]) == ("Prepared", [])
    for topic in (names["output"], names["error"]):
        assert config(three_brokers, topic, "min.insync.replicas") == "2"
        assert config(three_brokers, topic, "unclean.leader.election.enable") == "false"


def test_what_the_user_wants_wins_over_what_is_safe_and_is_warned_of(
    three_brokers: KafkaCluster, unique: Callable[[str], str]
) -> None:
    names = {"input": "in", "output": unique("out"), "error": unique("err")}
    wanted = {"config": {"min.insync.replicas": "1", "unclean.leader.election.enable": "true"}}
    warnings = " ".join(run(three_brokers, names, createTopics=wanted).result["warnings"])
    assert f"topic {names['output']} has min.insync.replicas=1" in warnings
    assert f"topic {names['output']} has unclean.leader.election.enable=true" in warnings


def test_a_model_that_is_not_ours_has_to_take_connections(
    kafka_with_input: KafkaCluster, names: dict[str, str]
) -> None:
    port = free_port()
    model = {"external": True, "url": f"http://127.0.0.1:{port}/predict"}
    files = settings_files(
        kafka_with_input.bootstrap_servers(),
        model=model,
        topics=names,
        consumerGroup=names["input"],
        createTopics={},
    )
    outcome = preflight(files)
    assert (outcome.exit_code, outcome.reason) == (12, "ModelUnreachable")
    assert f"127.0.0.1:{port}: Connection refused" in outcome.message
    assert outcome.result["subscribedAt"] is None
    assert preflight(files, "renew").reason == "Prepared"
