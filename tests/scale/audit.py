"""The API server's audit log: how often one user wrote."""

import json
from pathlib import Path


class WritesOf:
    """Counts that user's writes, refused ones too, as the log grows."""

    def __init__(self, log: Path, user: str) -> None:
        self._log = log
        self._user = user
        self._read_bytes = 0
        self._rest = b""
        self._writes: list[str] = []

    def count(self) -> int:
        """Since the log began."""
        self._read_on()
        return len(self._writes)

    def since(self, count: int) -> list[str]:
        """What each write after the first `count` was, for a message."""
        self._read_on()
        return self._writes[count:]

    def _read_on(self) -> None:
        with self._log.open("rb") as log:
            log.seek(self._read_bytes)
            new = log.read()
        self._read_bytes += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        self._writes += writes_in(lines, self._user)


def writes_in(lines: list[bytes], user: str) -> list[str]:
    """Verb and object of that user's writes; the log holds nothing but writes."""
    events = (json.loads(line) for line in lines if user.encode() in line)
    return [_described(event) for event in events if event["user"]["username"] == user]


def _described(event: dict[str, object]) -> str:
    written = event.get("objectRef")
    parts = written if isinstance(written, dict) else {}
    path = "/".join(str(parts[key]) for key in ("resource", "namespace", "name", "subresource") if key in parts)
    return f"{event['verb']} {path}"
