"""KEDA's TriggerAuthentication: which entries of the user's Secrets its Kafka scaler logs in with. Pure.

KEDA takes no notice of a change to one, so it is named by the revision and a change is another object.
"""

from collections.abc import Iterator

from penstock_operator import names
from penstock_operator.api.kafka import Sasl, SecretKeyRef, Tls
from penstock_operator.render.owner import Manifest, Owner
from penstock_operator.render.revision import OAUTH_EXTENSIONS, OAUTH_SCOPES, OAUTH_TOKEN_ENDPOINT, KafkaRevision

_OAUTH_PARAMETERS = {
    "oauthTokenEndpointUri": OAUTH_TOKEN_ENDPOINT,
    "scopes": OAUTH_SCOPES,
    "oauthExtensions": OAUTH_EXTENSIONS,
}


def trigger_authentication(owner: Owner, revision: KafkaRevision) -> Manifest | None:
    """None where the brokers ask for no credential and System trust does."""
    secrets = [
        {"parameter": parameter, "name": key.secret_name, "key": key.key}
        for parameter, key in _secret_parameters(revision)
    ]
    if not secrets:
        return None
    spec: Manifest = {"secretTargetRef": secrets}
    config = [
        {"parameter": parameter, "name": names.kafka_config(owner.name, revision.hash), "key": entry}
        for parameter, entry in _OAUTH_PARAMETERS.items()
        if entry in revision.data
    ]
    if config:
        spec["configMapTargetRef"] = config
    name = names.trigger_authentication(owner.name, revision.hash)
    return owner.child("TriggerAuthentication", name, "worker", spec=spec)


def _secret_parameters(revision: KafkaRevision) -> Iterator[tuple[str, SecretKeyRef]]:
    given = [*_tls_parameters(revision.settings.tls), *_sasl_parameters(revision.settings.sasl)]
    yield from ((parameter, key) for parameter, key in given if key is not None)


def _tls_parameters(tls: Tls | None) -> Iterator[tuple[str, SecretKeyRef | None]]:
    """The key's password goes along whenever it is set: the pre-flight passes no revision with one unless the key is
    encrypted PKCS#8, the only form that KEDA can open.
    """
    if tls is not None:
        yield from (("ca", tls.ca), ("cert", tls.certificate), ("key", tls.key), ("keyPassword", tls.key_password))


def _sasl_parameters(sasl: Sasl | None) -> Iterator[tuple[str, SecretKeyRef | None]]:
    """KEDA calls an OAuth client's id and secret username and password."""
    if sasl is not None and sasl.oauth is not None:
        yield from (("username", sasl.oauth.client_id), ("password", sasl.oauth.client_secret))
    elif sasl is not None:
        yield from (("username", sasl.username), ("password", sasl.password))
