"""The one user of SASL listeners: created at the brokers, written as secrets, and as librdkafka's settings.

| secret | what it holds |
|---|---|
| `login` | `username`, `password` |
| `wrong-login` | the same user with another password |
"""

from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._scram import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from support.kafka.listeners import PASSWORD, USERNAME, uses_sasl, uses_tls

_SCRAM = (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)
_ITERATIONS = 4096
_CALL_SECONDS = 30


def write_secrets(secrets: Path) -> None:
    for name, password in (("login", PASSWORD), ("wrong-login", "wrong")):
        folder = secrets / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "username").write_text(USERNAME)
        (folder / "password").write_text(password)


def create_scram_user(admin: AdminClient) -> None:
    changes = [
        UserScramCredentialUpsertion(USERNAME, ScramCredentialInfo(mechanism, _ITERATIONS), PASSWORD.encode())
        for mechanism in _SCRAM
    ]
    for change in changes:  # one request may name a user once only
        admin.alter_user_scram_credentials([change])[USERNAME].result(_CALL_SECONDS)


def login(listener: str, secrets: Path, mechanism: str = "SCRAM-SHA-512") -> dict[str, Any]:
    """librdkafka's settings for this listener, with the secrets that work."""
    settings: dict[str, Any] = {}
    if uses_tls(listener):
        settings["ssl.ca.location"] = str(secrets / "kafka-ca" / "ca.crt")
    if listener == "SSL":
        user = secrets / "user"
        settings |= {"ssl.certificate.location": str(user / "user.crt"), "ssl.key.location": str(user / "user.key")}
    if uses_sasl(listener):
        settings |= {"sasl.mechanism": mechanism, "sasl.username": USERNAME, "sasl.password": PASSWORD}
    return settings | {"security.protocol": listener}
