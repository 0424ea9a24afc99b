"""The prediction envelope: one JSON object that holds what went in, what came out and who answered.

Values that are JSON are spliced as they are. Anything else becomes a JSON string, or `{"base64": ...}` where it is
not UTF-8, so that an envelope is always valid JSON.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import msgspec

_decoder = msgspec.json.Decoder()
_encode = msgspec.json.encode


def as_json(value: bytes | None) -> bytes:
    """The value as one JSON value; None is null."""
    if value is None:
        return b"null"
    try:
        _decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _encode_text(value)
    return value


def _encode_text(value: bytes) -> bytes:
    try:
        return _encode(value.decode())
    except UnicodeDecodeError:
        return _encode({"base64": base64.b64encode(value).decode()})


def render_envelope(
    *,
    source: str,
    model_name: str,
    model_version: str,
    inputs: bytes | None,
    outputs: bytes | None,
    at_seconds: float,
    error: dict[str, str | int | None] | None = None,
) -> bytes:
    """`source` is topic/partition/offset of the input, so that duplicates share the id; `at_seconds` is Unix time."""
    timestamp = datetime.fromtimestamp(at_seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    tail = b',"error":' + _encode(error) if error is not None else b""
    return b'{"id":%b,"model_name":%b,"model_version":%b,"inputs":%b,"outputs":%b,"timestamp":%b%b}' % (
        _encode(source),
        _encode(model_name),
        _encode(model_version),
        as_json(inputs),
        as_json(outputs),
        _encode(timestamp),
        tail,
    )
