"""Texts of others and of ours, cut to what a condition may hold. Pure."""

from typing import Final

MAX_MESSAGE_BYTES: Final = 1024
"""Of a condition or an event."""
MAX_FOREIGN_BYTES: Final = 256
"""Of what the API server, a kubelet or KEDA said."""

_MORE: Final = "…"


def cut(text: str, max_bytes: int) -> str:
    """At most `max_bytes` of UTF-8, on one line."""
    text = " ".join(text.split())
    encoded = text.encode(errors="replace")
    if len(encoded) <= max_bytes:
        return encoded.decode()
    return encoded[: max_bytes - len(_MORE.encode())].decode(errors="ignore") + _MORE


def quoted(text: object) -> str:
    """What somebody else said, as far as it is told on."""
    return cut(str(text or ""), MAX_FOREIGN_BYTES)
