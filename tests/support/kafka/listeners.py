"""The listeners that a test cluster can offer, and who may log in."""

from collections.abc import Sequence

CONTROLLER = "CONTROLLER"
PLAINTEXT = "PLAINTEXT"  # always there: brokers talk over it, and the harness does, as a super user
SSL = "SSL"  # mutual TLS: a client certificate is required
SASL_SSL = "SASL_SSL"  # PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 over TLS
SASL_PLAINTEXT = "SASL_PLAINTEXT"  # the same without TLS
LISTENERS = (PLAINTEXT, SSL, SASL_SSL, SASL_PLAINTEXT)

SCRAM_MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")
SASL_MECHANISMS = ("PLAIN", *SCRAM_MECHANISMS)
USERNAME = "fraud"
PASSWORD = "correct horse, battery; \"staple\" 'ü'"  # whatever quotes a password badly shows up


def with_plaintext(listeners: Sequence[str]) -> tuple[str, ...]:
    """The wanted listeners, PLAINTEXT first; `ValueError` for one that does not exist."""
    unknown = sorted(set(listeners) - set(LISTENERS))
    if unknown:
        raise ValueError(f"listeners {unknown} do not exist; there are {', '.join(LISTENERS)}")
    return (PLAINTEXT, *(name for name in LISTENERS if name in listeners and name != PLAINTEXT))


def uses_tls(listener: str) -> bool:
    return listener.endswith("SSL")


def uses_sasl(listener: str) -> bool:
    return listener.startswith("SASL")
