"""Splitting a batch answer into the bytes of its values, and proving that a record is exactly one JSON value."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pydantic_core

from bench.micro.stopwatch import Finding, cost

VALUE = b'{"label": "fraud", "score": 0.9731}'
RECORD = b'{"amount": 12.5, "country": "DE", "hour": 23}'
COUNT = 64
ANSWER = b"[" + b", ".join([VALUE] * COUNT) + b"]"


def findings() -> Iterator[Finding]:
    raw_list = msgspec.json.Decoder(list[msgspec.Raw])
    for variant, statement, names in (
        ("msgspec list[Raw], bytes() of each", "[bytes(raw) for raw in decode(answer)]", {"decode": raw_list.decode}),
        ("msgspec list[Raw], left as Raw", "decode(answer)", {"decode": raw_list.decode}),
        ("msgspec Any, encode each", "[encode(v) for v in decode(answer)]", _msgspec()),
        (
            "json.loads, json.dumps each",
            "[dumps(v).encode() for v in loads(answer)]",
            {"loads": json.loads, "dumps": json.dumps},
        ),
    ):
        yield Finding("split 64 values, per value", variant, cost(statement, answer=ANSWER, **names) / COUNT)
    for variant, check in (
        ("msgspec Raw", msgspec.json.Decoder(msgspec.Raw).decode),
        ("msgspec Any", msgspec.json.Decoder().decode),
        ("pydantic_core.from_json", pydantic_core.from_json),
        ("json.loads", json.loads),
    ):
        yield Finding("is it one JSON value (45 B)", variant, cost("check(record)", check=check, record=RECORD))
    values = [RECORD] * COUNT
    for variant, statement in (
        ('b"[" + b",".join(values) + b"]"', 'b"[" + b",".join(values) + b"]"'),
        ("bytearray, += each", "body = bytearray(b'[')\nfor v in values:\n  body += v; body += b','\nbody[-1:] = b']'"),
    ):
        yield Finding("splice 64 values, per value", variant, cost(statement, values=values) / COUNT)


def _msgspec() -> dict[str, Any]:
    return {"decode": msgspec.json.Decoder().decode, "encode": msgspec.json.Encoder().encode}
