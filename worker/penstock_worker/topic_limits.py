"""What a topic's configuration says about the records that are written to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from confluent_kafka.admin import ConfigEntry, ConfigResource, ResourceType  # type: ignore[attr-defined]

from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason

if TYPE_CHECKING:
    from penstock_worker.admin import Admin

DEFAULT_MAX_MESSAGE_BYTES = 1_048_588  # Kafka's default of max.message.bytes


@dataclass(frozen=True, slots=True)
class TopicLimits:
    max_message_bytes: int
    min_in_sync_replicas: int
    unclean_election: bool


def fetch_limits(admin: Admin, name: str) -> TopicLimits | None:
    """None where this user may not read the topic's configuration; that alone is no reason not to work."""
    resource = ConfigResource(ResourceType.TOPIC, name)
    try:
        entries = admin.ask(
            lambda seconds: admin.client.describe_configs([resource], request_timeout=seconds),
            f"read the configuration of topic {name}",
        )
    except Refused as refused:
        if refused.reason is Reason.AUTHORIZATION_FAILED:
            return None
        raise
    return _limits(entries)


def fetch_max_message_bytes(admin: Admin, name: str) -> int:
    """Kafka's default where the broker does not tell: no authorisation, or the embedded broker."""
    limits = None if admin.settings.trying_only else fetch_limits(admin, name)
    return limits.max_message_bytes if limits else DEFAULT_MAX_MESSAGE_BYTES


def _limits(entries: dict[str, ConfigEntry]) -> TopicLimits:
    def value(name: str) -> str:
        return entries[name].value or ""

    return TopicLimits(
        max_message_bytes=int(value("max.message.bytes")),
        min_in_sync_replicas=int(value("min.insync.replicas")),
        unclean_election=value("unclean.leader.election.enable") == "true",
    )
