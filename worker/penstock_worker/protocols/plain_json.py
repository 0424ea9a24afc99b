"""Protocol `JSON` over REST: the record's value is the request body, the response body is the value.

Alone, bytes pass as they are, JSON or not: the model is the judge. A batch is a JSON array of the input values,
spliced as bytes, and its answer an array of the same length, split as bytes; hence each value of a batch must be
exactly one JSON value, or it could break its neighbours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock_worker.messages import Record

DEFAULT_CONTENT_TYPE = b"application/json"
_FIELD_VALUE = re.compile(rb"[\x21-\x7e][\x20-\x7e]{0,254}")  # RFC 9110 5.5, without obs-text, bounded
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context, version 00

_raw_array = msgspec.json.Decoder(list[msgspec.Raw])
_any_value = msgspec.json.Decoder()


class PlainJson:
    """Stateless."""

    def problem(self, record: Record, *, batched: bool) -> str | None:
        if not batched:
            return None
        try:
            _any_value.decode(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "the value is not one JSON value, which a batch needs"
        return None

    def headers(self, record: Record) -> bytes | None:
        if record.headers is None:
            return None
        content_type, trace = DEFAULT_CONTENT_TYPE, b""
        for name, value in record.headers:
            if not isinstance(value, bytes):
                continue
            if name == "content-type" and _FIELD_VALUE.fullmatch(value):
                content_type = value
            elif name == "traceparent" and _TRACEPARENT.fullmatch(value):
                trace = b"traceparent: " + value + b"\r\n"
        return b"Content-Type: " + content_type + b"\r\n" + trace

    def splice(self, records: Sequence[Record]) -> bytes:
        return b"[" + b",".join([record.value or b"" for record in records]) + b"]"

    def split(self, body: bytes, count: int) -> list[bytes] | None:
        try:
            values = _raw_array.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return [bytes(value) for value in values] if len(values) == count else None
