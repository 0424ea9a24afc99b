"""The secret files that `kafka.json` names, read once before a client is made.

Kubernetes projects them with `optional: true`, so a missing Secret is an absent file here, and the error can name the
Secret and the key; a required volume would leave the pod hanging with no status at all.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason
from penstock_worker.settings import KafkaSettings, SecretKey, Settings


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the files held when they were read. `repr` shows no value."""

    directory: Path
    contents: Mapping[SecretKey, bytes]

    def path(self, key: SecretKey) -> str:
        return str(self.directory / key.secret_name / key.key)

    def text(self, key: SecretKey) -> str:
        """A credential as librdkafka needs it: KEDA trims surrounding white space (often a trailing newline of
        `kubectl create secret --from-file`), librdkafka does not, and the two must log in alike.
        """
        try:
            text = self.contents[key].decode().strip()
        except UnicodeDecodeError as error:
            raise Refused(Reason.SECRET_MISSING, f"{described(key)} is not UTF-8 text") from error
        if not text:
            raise Refused(Reason.SECRET_MISSING, f"{described(key)} is empty")
        return text

    def fingerprint(self) -> str:
        """Changes when any referenced file does; says nothing about the contents."""
        digest = hashlib.sha256()
        for key in sorted(self.contents, key=lambda key: (key.secret_name, key.key)):
            for part in (key.secret_name.encode(), key.key.encode(), self.contents[key]):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    def __repr__(self) -> str:
        return f"Secrets({self.directory}, {len(self.contents)} files)"


def described(key: SecretKey) -> str:
    return f"Secret {key.secret_name}, key {key.key}"


def referenced_secrets(settings: KafkaSettings) -> frozenset[SecretKey]:
    """Every secret file that these settings name, in whatever block."""
    return frozenset(_secret_keys(settings))


def read_secrets(settings: KafkaSettings, directory: Path) -> Secrets:
    """Raises `Refused` (`SecretMissing`) naming every Secret and key that is not there."""
    contents: dict[SecretKey, bytes] = {}
    missing: list[str] = []
    for key in sorted(referenced_secrets(settings), key=described):
        try:
            contents[key] = (directory / key.secret_name / key.key).read_bytes()
        except OSError as error:
            cause = "" if isinstance(error, FileNotFoundError) else f" ({error.strerror})"
            missing.append(described(key) + cause)
    if missing:
        raise Refused(Reason.SECRET_MISSING, f"not found: {'; '.join(missing)}; create it in this namespace")
    return Secrets(directory, contents)


def _secret_keys(value: object) -> Iterator[SecretKey]:
    """Walks the settings, so that a block added later cannot be forgotten here."""
    if isinstance(value, SecretKey):
        yield value
    elif isinstance(value, Settings):
        for _, field in value:
            yield from _secret_keys(field)
