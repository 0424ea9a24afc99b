"""Settings and secrets become the dictionaries that librdkafka takes: the one place with its names and milliseconds.

Pure. Every client of a worker and of its pre-flight is made from here, so what the pre-flight proved is what runs.
Invariant: a user's `consumerConfig` or `producerConfig` tunes, and never reaches a key that carries a guarantee.
"""

from collections.abc import Mapping

from penstock_worker.errors import SettingsRefused
from penstock_worker.secrets import Secrets
from penstock_worker.settings import KafkaSettings, OAuth, Sasl, Tls

Config = dict[str, str | int | float | bool]  # as confluent-kafka's own types have it

SESSION_TIMEOUT_SECONDS = 15
HEARTBEAT_SECONDS = 3
PREFETCH_KBYTES = 16_384
PREFETCH_RECORDS = 5_000  # per partition; librdkafka's 100,000 small records cost far more memory than their bytes
FETCH_BACKOFF_MILLISECONDS = 50  # librdkafka's 1,000 leaves a second without records once the prefetch was full
PRODUCER_QUEUE_KBYTES = 65_536
LINGER_MILLISECONDS = 1  # the produce stage hands over bursts when much flows
LIBRDKAFKA_BATCH_BYTES = 1_000_000  # librdkafka's default batch.size

MECHANISMS = {
    "Plain": "PLAIN",
    "ScramSha256": "SCRAM-SHA-256",
    "ScramSha512": "SCRAM-SHA-512",
    "OAuthBearer": "OAUTHBEARER",
}


def client_id_prefix(settings: KafkaSettings) -> str:
    """How members of this deployment are told from foreign ones."""
    return f"penstock/{settings.deployment.namespace}/{settings.deployment.name}/"


def consumer_config(settings: KafkaSettings, secrets: Secrets, pod: str) -> Config:
    tunable: Config = {
        "session.timeout.ms": SESSION_TIMEOUT_SECONDS * 1000,
        "heartbeat.interval.ms": HEARTBEAT_SECONDS * 1000,
        "queued.max.messages.kbytes": PREFETCH_KBYTES,
        "queued.min.messages": PREFETCH_RECORDS,
        "fetch.queue.backoff.ms": FETCH_BACKOFF_MILLISECONDS,
    }
    guaranteed: Config = {
        "group.id": settings.consumer_group,
        "partition.assignment.strategy": "cooperative-sticky",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",  # every start is decided by us, never by the client
        "isolation.level": "read_committed",
        "allow.auto.create.topics": False,
        "enable.partition.eof": False,
    }
    tunable |= settings.consumer_config
    return tunable | guaranteed | _connection(settings, secrets, pod)


def producer_config(
    settings: KafkaSettings,
    secrets: Secrets,
    pod: str,
    *,
    message_max_bytes: int,
    batch_max_bytes: int | None = None,
    linger_milliseconds: float = LINGER_MILLISECONDS,
) -> Config:
    """`message_max_bytes`: the larger limit of the topics written to; `batch_max_bytes`: the smaller one.

    A broker refuses a whole batch above its topic's limit, innocent records included.
    """
    tunable: Config = {"linger.ms": linger_milliseconds, "queue.buffering.max.kbytes": PRODUCER_QUEUE_KBYTES}
    tunable |= settings.producer_config
    batch_bytes = int(tunable.get("batch.size", LIBRDKAFKA_BATCH_BYTES))
    guaranteed: Config = {
        "acks": "all",
        "enable.idempotence": True,
        "partitioner": "murmur2_random",  # Java's default: one key, one partition, whoever wrote it
        "message.timeout.ms": 0,  # never given up behind our back: an outage holds, it does not lose
        "allow.auto.create.topics": False,
        "message.max.bytes": message_max_bytes,
        "batch.size": min(batch_bytes, batch_max_bytes or message_max_bytes),
    }
    return tunable | guaranteed | _connection(settings, secrets, pod)


def admin_config(settings: KafkaSettings, secrets: Secrets, pod: str) -> Config:
    # On the embedded broker topics come into being when first asked for; on a real one, never by asking.
    return _connection(settings, secrets, pod) | {"allow.auto.create.topics": settings.trying_only}


def _connection(settings: KafkaSettings, secrets: Secrets, pod: str) -> Config:
    config: Config = {
        "bootstrap.servers": ",".join(settings.bootstrap_servers),
        "client.id": client_id_prefix(settings) + pod,
        "security.protocol": _security_protocol(settings),
    }
    if settings.tls:
        config |= _tls(settings.tls, secrets)
    if settings.sasl:
        config |= _sasl(settings.sasl, secrets)
    return config


def _security_protocol(settings: KafkaSettings) -> str:
    if settings.sasl:
        return "SASL_SSL" if settings.tls else "SASL_PLAINTEXT"
    return "SSL" if settings.tls else "PLAINTEXT"


def _tls(tls: Tls, secrets: Secrets) -> Config:
    if (tls.trust == "Secret") != (tls.ca is not None):
        raise SettingsRefused(
            f"kafka.json: tls.trust is {tls.trust}, which {'needs' if tls.ca is None else 'forbids'} tls.ca"
        )
    # "probe" searches the places where distributions keep their bundle; the wheel's own OpenSSL knows none of them.
    config: Config = {
        "ssl.ca.location": secrets.path(tls.ca) if tls.ca else "probe",
        "ssl.endpoint.identification.algorithm": "https",
    }
    if tls.certificate and tls.key:
        config["ssl.certificate.location"] = secrets.path(tls.certificate)
        config["ssl.key.location"] = secrets.path(tls.key)
    if tls.key_password:
        config["ssl.key.password"] = secrets.text(tls.key_password)
    return config


def _sasl(sasl: Sasl, secrets: Secrets) -> Config:
    config: Config = {"sasl.mechanism": MECHANISMS[sasl.mechanism]}
    if sasl.username and sasl.password:
        config["sasl.username"] = secrets.text(sasl.username)
        config["sasl.password"] = secrets.text(sasl.password)
    if sasl.oauth:
        config |= _oauth(sasl.oauth, secrets)
    return config


def _oauth(oauth: OAuth, secrets: Secrets) -> Config:
    config: Config = {
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.token.endpoint.url": oauth.token_endpoint_url,
        "sasl.oauthbearer.client.id": secrets.text(oauth.client_id),
        "sasl.oauthbearer.client.secret": secrets.text(oauth.client_secret),
    }
    if oauth.scopes:
        config["sasl.oauthbearer.scope"] = " ".join(oauth.scopes)
    if oauth.extensions:
        config["sasl.oauthbearer.extensions"] = _pairs(oauth.extensions)
    return config


def _pairs(pairs: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in pairs.items())
