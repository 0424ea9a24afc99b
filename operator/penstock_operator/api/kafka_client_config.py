"""The librdkafka keys that a user may tune: an allow-list, typed and bounded, under librdkafka's own names.

Left out on purpose: whatever carries a guarantee (commits, acknowledgements, idempotence, partitioning, isolation,
start offsets), what other fields say (addresses, TLS, SASL, the group), and what loads code or prints records.
Where librdkafka refuses a combination of two keys, the bounds here keep every combination legal.
"""

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import ConfigDict, Field

from penstock_operator.api.base import ApiModel, Unset
from penstock_operator.api.rules import kafka as rules
from penstock_operator.api.text import Word

SAID_ELSEWHERE: Final[Mapping[str, str]] = {
    "auto.offset.reset": "spec.kafka.startFrom",
    "bootstrap.servers": "spec.kafka.bootstrapServers",
    "group.id": "spec.kafka.consumerGroup",
    "metadata.broker.list": "spec.kafka.bootstrapServers",
    "sasl.": "spec.kafka.sasl",
    "security.": "spec.kafka.tls and spec.kafka.sasl",
    "ssl.": "spec.kafka.tls",
    "transactional.id": "spec.delivery.guarantee",
}
"""Keys, or beginnings of keys, and the field that decides them."""


def librdkafka_name(field: str) -> str:
    """No allowed key has an underscore of its own."""
    return field.replace("_", ".")


class ClientConfig(ApiModel):
    """Keys of both clients."""

    model_config = ConfigDict(alias_generator=librdkafka_name)

    broker_address_family: Unset[Literal["any", "v4", "v6"]] = Field(
        default=None, description="broker.address.family restricts broker addresses to IPv4 or IPv6."
    )
    client_dns_lookup: Unset[Literal["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]] = Field(
        default=None, description="client.dns.lookup is how names of brokers become addresses."
    )
    connections_max_idle_ms: Unset[int] = Field(
        default=None,
        ge=0,
        le=86_400_000,
        description="connections.max.idle.ms closes connections without traffic, in milliseconds; 0 never does.",
    )
    metadata_max_age_ms: Unset[int] = Field(
        default=None,
        ge=5_000,
        le=3_600_000,
        description="metadata.max.age.ms is the age at which cached metadata is forgotten, in milliseconds.",
    )
    reconnect_backoff_ms: Unset[int] = Field(
        default=None,
        ge=10,
        le=10_000,
        description="reconnect.backoff.ms is the first wait before reconnecting to a broker, in milliseconds.",
    )
    reconnect_backoff_max_ms: Unset[int] = Field(
        default=None,
        ge=10_000,
        le=300_000,
        description="reconnect.backoff.max.ms is the longest wait before reconnecting to a broker, in milliseconds.",
    )
    retry_backoff_ms: Unset[int] = Field(
        default=None,
        ge=10,
        le=1_000,
        description="retry.backoff.ms is the first wait before a protocol request is repeated, in milliseconds.",
    )
    retry_backoff_max_ms: Unset[int] = Field(
        default=None,
        ge=1_000,
        le=60_000,
        description="retry.backoff.max.ms is the longest wait before a protocol request is repeated, in milliseconds.",
    )
    socket_connection_setup_timeout_ms: Unset[int] = Field(
        default=None,
        ge=1_000,
        le=120_000,
        description="socket.connection.setup.timeout.ms bounds connecting, TLS and SASL included, in milliseconds.",
    )
    socket_keepalive_enable: Unset[bool] = Field(
        default=None, description="socket.keepalive.enable turns TCP keep-alives on."
    )
    socket_max_fails: Unset[int] = Field(
        default=None,
        ge=0,
        le=1_000,
        description="socket.max.fails is the number of failed requests after which a connection is closed; 0 never.",
    )
    socket_nagle_disable: Unset[bool] = Field(
        default=None, description="socket.nagle.disable sends small packets at once (TCP_NODELAY)."
    )
    socket_receive_buffer_bytes: Unset[int] = Field(
        default=None,
        ge=0,
        le=100_000_000,
        description="socket.receive.buffer.bytes is the socket's receive buffer in bytes; 0 is the system's choice.",
    )
    socket_send_buffer_bytes: Unset[int] = Field(
        default=None,
        ge=0,
        le=100_000_000,
        description="socket.send.buffer.bytes is the socket's send buffer in bytes; 0 is the system's choice.",
    )
    socket_timeout_ms: Unset[int] = Field(
        default=None,
        ge=10_000,
        le=300_000,
        description="socket.timeout.ms bounds network requests, in milliseconds.",
    )
    topic_metadata_refresh_interval_ms: Unset[int] = Field(
        default=None,
        ge=1_000,
        le=3_600_000,
        description="topic.metadata.refresh.interval.ms is how often topics are looked up anew, in milliseconds.",
    )


class ConsumerConfig(ClientConfig):
    rules = (rules.HEARTBEAT_FITS_SESSION,)

    check_crcs: Unset[bool] = Field(default=None, description="check.crcs verifies the checksum of what is fetched.")
    client_rack: Unset[Word] = Field(
        default=None, description="client.rack is where the client runs, so that the nearest replica may be read."
    )
    fetch_error_backoff_ms: Unset[int] = Field(
        default=None,
        ge=0,
        le=300_000,
        description="fetch.error.backoff.ms is the wait after a failed fetch, in milliseconds.",
    )
    fetch_max_bytes: Unset[int] = Field(
        default=None,
        ge=1_048_576,
        le=99_999_488,
        description="fetch.max.bytes bounds one fetch response, in bytes.",
    )
    fetch_message_max_bytes: Unset[int] = Field(
        default=None,
        ge=1_024,
        le=99_999_488,
        description="fetch.message.max.bytes bounds what one fetch takes from one partition, in bytes.",
    )
    fetch_min_bytes: Unset[int] = Field(
        default=None,
        ge=1,
        le=100_000_000,
        description="fetch.min.bytes is how much the broker waits for before it answers, in bytes.",
    )
    fetch_queue_backoff_ms: Unset[int] = Field(
        default=None,
        ge=0,
        le=10_000,
        description="fetch.queue.backoff.ms is the wait before fetching again when the queue is full, in milliseconds.",
    )
    fetch_wait_max_ms: Unset[int] = Field(
        default=None,
        ge=0,
        le=5_000,
        description="fetch.wait.max.ms is how long the broker waits for fetch.min.bytes, in milliseconds.",
    )
    heartbeat_interval_ms: Unset[int] = Field(
        default=None,
        ge=500,
        le=100_000,
        description="heartbeat.interval.ms is the time between heartbeats, in milliseconds. Unset: 3000.",
    )
    queued_max_messages_kbytes: Unset[int] = Field(
        default=None,
        ge=64,
        le=1_048_576,
        description="queued.max.messages.kbytes bounds what is fetched ahead, in KiB. Unset: 16384.",
    )
    queued_min_messages: Unset[int] = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="queued.min.messages is how many records per partition are fetched ahead.",
    )
    session_timeout_ms: Unset[int] = Field(
        default=None,
        ge=6_000,
        le=300_000,
        description="session.timeout.ms is the silence after which a worker counts as dead, in milliseconds; at least "
        "three heartbeats. Unset: 15000.",
    )


class ProducerConfig(ClientConfig):
    batch_num_messages: Unset[int] = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="batch.num.messages bounds one batch to a partition, in records.",
    )
    batch_size: Unset[int] = Field(
        default=None,
        ge=1_024,
        le=100_000_000,
        description="batch.size bounds one batch to a partition, in bytes; never above what the topics take.",
    )
    compression_level: Unset[int] = Field(
        default=None, ge=-1, le=12, description="compression.level is the codec's own level; -1 is its default."
    )
    compression_type: Unset[Literal["none", "gzip", "snappy", "lz4", "zstd"]] = Field(
        default=None, description="compression.type is the codec of what is written."
    )
    linger_ms: Unset[int] = Field(
        default=None,
        ge=0,
        le=1_000,
        description="linger.ms is how long a batch waits for more records, in milliseconds. Unset: 1.",
    )
    queue_buffering_max_kbytes: Unset[int] = Field(
        default=None,
        ge=1_024,
        le=2_097_151,
        description="queue.buffering.max.kbytes bounds what waits to be written, in KiB. Unset: 65536.",
    )
    queue_buffering_max_messages: Unset[int] = Field(
        default=None,
        ge=1_000,
        le=10_000_000,
        description="queue.buffering.max.messages bounds what waits to be written, in records.",
    )
    request_timeout_ms: Unset[int] = Field(
        default=None,
        ge=1_000,
        le=300_000,
        description="request.timeout.ms is how long the broker may wait for its replicas, in milliseconds.",
    )
