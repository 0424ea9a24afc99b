"""A revision of the Kafka settings: what the pre-flight passes or refuses as one, and children are rendered from. Pure.

While a candidate has not passed, children are rendered from the active revision as its ConfigMap holds it, never from
the spec. So whatever needs a fact about Kafka takes a `KafkaRevision`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic import ConfigDict, ValidationError

from penstock_operator import names
from penstock_operator.api.base import ApiModel, Items, Unset
from penstock_operator.api.kafka import OAuth, Sasl, SchemaRegistry, SecretKeyRef, Tls, Topics
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.render.settings import Settings, render_kafka

KAFKA_FILE: Final = "kafka.json"

OAUTH_TOKEN_ENDPOINT: Final = "oauth.tokenEndpointUrl"  # noqa: S105 - the name of an entry
OAUTH_SCOPES: Final = "oauth.scopes"
OAUTH_EXTENSIONS: Final = "oauth.extensions"


class RevisionUnreadable(Exception):  # noqa: N818 - a verdict on what was found, not a fault of the program
    """A ConfigMap that holds no revision that this operator can read. Says why, and quotes no value."""


class RevisionSettings(ApiModel):
    """Of `kafka.json`, what children are rendered from; the rest passes unread to the worker."""

    model_config = ConfigDict(extra="ignore")

    bootstrap_servers: Items[str]
    consumer_group: str
    topics: Topics
    tls: Unset[Tls] = None
    sasl: Unset[Sasl] = None
    schema_registry: Unset[SchemaRegistry] = None


@dataclass(frozen=True, slots=True)
class KafkaRevision:
    """`data` are the entries of its ConfigMap, `hash` is theirs and part of every name made from it."""

    hash: str
    data: Mapping[str, str]
    settings: RevisionSettings

    @classmethod
    def of_spec(cls, deployment: ModelDeployment, *, namespace: str) -> Self:
        settings = render_kafka(deployment, namespace=namespace)
        sasl = deployment.spec.kafka.sasl
        return cls.of_data({KAFKA_FILE: settings_text(settings), **(_oauth(sasl.oauth) if sasl and sasl.oauth else {})})

    @classmethod
    def of_config_map(cls, manifest: Mapping[str, Any]) -> Self:
        """What a live ConfigMap holds.

        Raises `RevisionUnreadable`.
        """
        return cls.of_data(manifest.get("data") or {})

    @classmethod
    def of_data(cls, data: Mapping[str, str]) -> Self:
        """Raises `RevisionUnreadable`."""
        if KAFKA_FILE not in data:
            raise RevisionUnreadable(f"has no entry {KAFKA_FILE}")
        try:
            settings = RevisionSettings.model_validate_json(data[KAFKA_FILE])
        except ValidationError as error:
            field = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
            raise RevisionUnreadable(f"{KAFKA_FILE}: {field or 'not JSON'} cannot be read") from error
        return cls(names.content_hash(dict(data)), dict(data), settings)

    def secret_keys(self) -> list[SecretKeyRef]:
        """Every entry of a Secret that the settings name, once and in a fixed order."""
        found = {(key.secret_name, key.key): key for key in _secret_keys(self.settings)}
        return [found[key] for key in sorted(found)]


def settings_text(settings: Settings) -> str:
    """One text for equal settings, as people read it."""
    return json.dumps(settings, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _oauth(oauth: OAuth) -> dict[str, str]:
    """In the forms of KEDA, which reads them from the ConfigMap; a trigger's metadata cannot hold them."""
    entries = {
        OAUTH_TOKEN_ENDPOINT: oauth.token_endpoint_url,
        OAUTH_SCOPES: ",".join(oauth.scopes),
        OAUTH_EXTENSIONS: ",".join(f"{name}={value}" for name, value in sorted(oauth.extensions.items())),
    }
    return {name: value for name, value in entries.items() if value}


def _secret_keys(part: object) -> Iterator[SecretKeyRef]:
    """Walks the settings, so that a block added later cannot be forgotten here."""
    if isinstance(part, SecretKeyRef):
        yield part
    elif isinstance(part, ApiModel):
        for _, value in part:
            yield from _secret_keys(value)
