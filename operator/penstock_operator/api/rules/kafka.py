"""Rules of `spec.kafka`: topics apart from each other; credentials complete, and never sent in the clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from penstock_operator.api.derived import ERROR_TOPIC_SUFFIX, error_topic_of
from penstock_operator.api.rules.given import has, has_any
from penstock_operator.api.rules.rule import Rule

if TYPE_CHECKING:
    from penstock_operator.api.kafka import KafkaClient, Sasl, SchemaRegistry, Tls, Topics
    from penstock_operator.api.kafka_client_config import ConsumerConfig

OUTPUT_DIFFERS_FROM_INPUT: Final[Rule[Topics]] = Rule(
    name="output-differs-from-input",
    field="output",
    cel="self.output != self.input",
    message="must differ from spec.kafka.topics.input; give the output a topic of its own",
    holds=lambda topics: topics.output != topics.input,
)

ERROR_DIFFERS_FROM_INPUT: Final[Rule[Topics]] = Rule(
    name="error-differs-from-input",
    field="error",
    cel=f"(has(self.error) ? self.error : self.output + '{ERROR_TOPIC_SUFFIX}') != self.input",
    message="must differ from spec.kafka.topics.input, also where it is the default <output>.errors; give errors a "
    "topic of their own, or the output's",
    holds=lambda topics: error_topic_of(topics.error, output=topics.output) != topics.input,
)

TOPIC_LENGTH: Final = 249

DEFAULT_ERROR_TOPIC_FITS: Final[Rule[Topics]] = Rule(
    name="default-error-topic-fits",
    field="error",
    cel=f"has(self.error) || size(self.output) <= {TOPIC_LENGTH - len(ERROR_TOPIC_SUFFIX)}",
    message=f"is required here: the default <output>.errors would be longer than Kafka's {TOPIC_LENGTH} characters",
    holds=lambda topics: has(topics, "error") or len(topics.output) <= TOPIC_LENGTH - len(ERROR_TOPIC_SUFFIX),
)

CA_WITH_TRUST_SECRET: Final[Rule[Tls]] = Rule(
    name="ca-with-trust-secret",
    field="ca",
    cel="has(self.ca) == (self.trust == 'Secret')",
    message="goes with trust: Secret, and only with it; give ca there, or remove it and trust the System",
    holds=lambda tls: has(tls, "ca") == (tls.trust == "Secret"),
)

CERTIFICATE_WITH_KEY: Final[Rule[Tls]] = Rule(
    name="certificate-with-key",
    field="certificate",
    cel="has(self.certificate) == has(self.key)",
    message="and key belong together; give both or neither",
    holds=lambda tls: has(tls, "certificate") == has(tls, "key"),
)

KEY_PASSWORD_NEEDS_KEY: Final[Rule[Tls]] = Rule(
    name="key-password-needs-key",
    field="keyPassword",
    cel="!has(self.keyPassword) || has(self.key)",
    message="opens key, which is not given; give key and certificate, or remove keyPassword",
    holds=lambda tls: not has(tls, "keyPassword") or has(tls, "key"),
)

OAUTH_WITH_OAUTHBEARER: Final[Rule[Sasl]] = Rule(
    name="oauth-with-oauthbearer",
    field="oauth",
    cel="has(self.oauth) == (self.mechanism == 'OAuthBearer')",
    message="goes with mechanism: OAuthBearer, and only with it; give it there, or remove it",
    holds=lambda sasl: has(sasl, "oauth") == (sasl.mechanism == "OAuthBearer"),
)

PASSWORD_FITS_MECHANISM: Final[Rule[Sasl]] = Rule(
    name="password-fits-mechanism",
    field="mechanism",
    cel="self.mechanism == 'OAuthBearer' ? !has(self.username) && !has(self.password)"
    " : has(self.username) && has(self.password)",
    message="Plain, ScramSha256 and ScramSha512 need username and password; OAuthBearer takes neither but oauth",
    holds=lambda sasl: (
        not has_any(sasl, ("username", "password"))
        if sasl.mechanism == "OAuthBearer"
        else has(sasl, "username") and has(sasl, "password")
    ),
)

SENT_CREDENTIALS_NEED_TLS: Final[Rule[KafkaClient]] = Rule(
    name="sent-credentials-need-tls",
    field="tls",
    cel="!has(self.sasl) || !(self.sasl.mechanism in ['Plain', 'OAuthBearer']) || has(self.tls)",
    message="is required: Plain and OAuthBearer send the credential itself; give tls, or use ScramSha512",
    holds=lambda kafka: kafka.sasl is None or kafka.sasl.mechanism not in ("Plain", "OAuthBearer") or has(kafka, "tls"),
)

REGISTRY_TLS_NEEDS_HTTPS: Final[Rule[SchemaRegistry]] = Rule(
    name="registry-tls-needs-https",
    field="tls",
    cel="!has(self.tls) || self.url.startsWith('https://')",
    message="needs a url that begins with https://; change the url, or remove tls",
    holds=lambda registry: not has(registry, "tls") or registry.url.startswith("https://"),
)

REGISTRY_PASSWORD_NEEDS_HTTPS: Final[Rule[SchemaRegistry]] = Rule(
    name="registry-password-needs-https",
    field="basicAuth",
    cel="!has(self.basicAuth) || self.url.startsWith('https://')",
    message="sends the password itself and needs a url that begins with https://; change the url, or remove basicAuth",
    holds=lambda registry: not has(registry, "basicAuth") or registry.url.startswith("https://"),
)

# What the worker sets where the user does not.
_SESSION_TIMEOUT_MS = 15000
_HEARTBEAT_MS = 3000

HEARTBEAT_FITS_SESSION: Final[Rule[ConsumerConfig]] = Rule(
    name="heartbeat-fits-session",
    field="",
    cel="3 * (has(self.heartbeat__dot__interval__dot__ms)"
    f" ? self.heartbeat__dot__interval__dot__ms : {_HEARTBEAT_MS})"
    f" <= (has(self.session__dot__timeout__dot__ms) ? self.session__dot__timeout__dot__ms : {_SESSION_TIMEOUT_MS})",
    message="session.timeout.ms (15000 where unset) must be at least three times heartbeat.interval.ms (3000 where "
    "unset), or one lost heartbeat costs a rebalance",
    holds=lambda config: (
        3 * _or(config.heartbeat_interval_ms, _HEARTBEAT_MS) <= _or(config.session_timeout_ms, _SESSION_TIMEOUT_MS)
    ),
)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
