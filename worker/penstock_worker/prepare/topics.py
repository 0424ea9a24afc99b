"""The topics exist, or are created where the settings say so. Nothing is ever changed on a topic that was there."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from functools import partial

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicDescription,
)

from penstock_worker.admin import Admin
from penstock_worker.broker_errors import RequestRefused
from penstock_worker.errors import Refused
from penstock_worker.prepare.findings import Topic, Topics
from penstock_worker.reasons import Reason
from penstock_worker.settings import CreateTopics

CREATED_SECONDS = 10.0
STEP_SECONDS = 0.1
BROKER_DEFAULT = -1  # KIP-464: the broker's num.partitions and default.replication.factor
SAFE_REPLICATION = 3
SAFE_CONFIG = {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"}


def find_topics(admin: Admin, *, create: bool) -> Topics:
    """Raises `Refused` (`TopicMissing`) naming every topic that is not there and may not be created."""
    wanted = admin.settings.topics
    found = describe_topics(admin, {wanted.input, wanted.output, wanted.error})
    missing = [name for name in (wanted.input, wanted.output, wanted.error) if name not in found]
    if missing:
        settings = admin.settings.create_topics
        creatable = settings is not None and create and (settings.include_input or wanted.input in found)
        if settings is None or not creatable:
            raise _missing(missing, wanted.input, may_create=settings is not None)
        found |= _create(admin, list(dict.fromkeys(missing)), settings, found.get(wanted.input))
    return Topics(found[wanted.input], found[wanted.output], found[wanted.error])


def describe_topics(admin: Admin, names: Iterable[str]) -> dict[str, Topic]:
    """Those that exist."""
    if admin.settings.trying_only:
        return {name: _first_use(admin, name) for name in names}
    found = {}
    for name in sorted(names):
        try:
            found[name] = _topic(admin.ask(partial(_describe, admin, name), f"describe topic {name}"))
        except RequestRefused as refused:
            if refused.reason is not Reason.TOPIC_MISSING:
                raise
    return found


def _describe(admin: Admin, name: str, timeout_seconds: float) -> "Mapping[str, Future[TopicDescription]]":
    return admin.client.describe_topics(
        TopicCollection([name]), include_authorized_operations=True, request_timeout=timeout_seconds
    )


def _topic(description: TopicDescription) -> Topic:
    operations = description.authorized_operations
    return Topic(
        name=description.name,
        partitions=len(description.partitions),
        topic_id=str(description.topic_id),
        replication_factor=min(len(partition.replicas) for partition in description.partitions),
        operations=frozenset(operation.name for operation in operations) if operations else None,
    )


def _first_use(admin: Admin, name: str) -> Topic:
    """The embedded broker makes a topic when it is asked for."""
    try:
        topic = admin.client.list_topics(name, timeout=admin.timeout_seconds()).topics[name]
    except KafkaException as error:
        raise admin.refused(error, f"look up topic {name}") from error
    return Topic(name, len(topic.partitions))


def _missing(names: list[str], input_topic: str, *, may_create: bool) -> Refused:
    told = ", ".join(dict.fromkeys(names))
    remedy = "create it"
    if not may_create:
        remedy = "create it, or set kafka.createTopics for output and error topics"
    elif input_topic in names:
        remedy = "create it; kafka.createTopics never creates the input topic"
    return Refused(Reason.TOPIC_MISSING, f"topic {told} does not exist: {remedy}")


def _create(admin: Admin, names: list[str], settings: CreateTopics, source: Topic | None) -> dict[str, Topic]:
    """The input first where it is ours to create: the others take its number of partitions."""
    created: dict[str, Topic] = {}
    for name in sorted(names, key=lambda name: name != admin.settings.topics.input):
        source = source or created.get(admin.settings.topics.input)
        partitions = settings.partitions or (source.partitions if source else BROKER_DEFAULT)
        factor = settings.replication_factor or BROKER_DEFAULT
        config = _safe_config(admin, factor) | settings.config
        _create_one(admin, NewTopic(name, num_partitions=partitions, replication_factor=factor, config=config))
        created[name] = _await_created(admin, name)
    return created


def _create_one(admin: Admin, topic: NewTopic) -> None:
    try:
        admin.ask(
            lambda seconds: admin.client.create_topics([topic], request_timeout=seconds), f"create topic {topic.topic}"
        )
    except RequestRefused as refused:
        if refused.error == "TOPIC_ALREADY_EXISTS":  # another pre-flight, or a person, was faster
            return
        if refused.reason is Reason.CLIENT_FATAL:
            raise Refused(Reason.TOPIC_CREATION_FAILED, str(refused)) from refused
        raise


def _await_created(admin: Admin, name: str) -> Topic:
    deadline = time.monotonic() + CREATED_SECONDS
    while time.monotonic() < deadline:
        found = describe_topics(admin, [name])
        if name in found:
            return found[name]
        time.sleep(STEP_SECONDS)
    raise Refused(Reason.TOPIC_CREATION_FAILED, f"topic {name} was created, but no broker knows it yet")


def _safe_config(admin: Admin, factor: int) -> dict[str, str]:
    """Acknowledged by two replicas, and never led by one that lags: where three replicas can bear it."""
    known = factor if factor != BROKER_DEFAULT else _default_factor(admin)
    return SAFE_CONFIG if known >= SAFE_REPLICATION else {}


def _default_factor(admin: Admin) -> int:
    """0 where this user may not read the broker's configuration; a warning about the topic follows then."""
    try:
        brokers = admin.client.list_topics(admin.settings.topics.input, timeout=admin.timeout_seconds()).brokers
        resource = ConfigResource(ResourceType.BROKER, str(min(brokers)))
        entries = admin.ask(
            lambda seconds: admin.client.describe_configs([resource], request_timeout=seconds),
            "read the broker's configuration",
        )
        return int(entries["default.replication.factor"].value)
    except (KafkaException, RequestRefused, TypeError):
        return 0
