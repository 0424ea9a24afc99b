"""TCP knows no messages: however the bytes of an answer are cut, the connection reads the same."""

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_worker.core.endpoints import Endpoint
from penstock_worker.core.outcomes import WireFault
from penstock_worker.core.retries import parse_retry_after
from penstock_worker.transports.http1_connection import Connection
from support.model_calls import call_of
from support.scripted_http import answer

MAX_RESPONSE_BYTES = 50
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

STREAMS = [
    answer(b"body"),
    answer(b""),
    answer(b"x" * MAX_RESPONSE_BYTES),
    answer(b"x" * (MAX_RESPONSE_BYTES + 1)),
    answer(b"busy", status=b"503 x", headers=b"Retry-After: 3\r\n"),
    answer(b"x" * (MAX_RESPONSE_BYTES + 1), status=b"503 x"),
    answer(b"x", headers=b"Connection: close\r\n"),
    answer(b"x", version=b"HTTP/1.0"),
    CHUNKED + b"2\r\nbo\r\n2;a=b\r\ndy\r\n0\r\nTrailer: x\r\n\r\n",
    CHUNKED + b"33\r\n" + b"x" * 51 + b"\r\n0\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\nuntil closed",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + answer(b"body"),
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    b"\x00\x01 this is not HTTP\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody",
    answer(b"body")[:-1],
    b"HTT",
    b"",
]


class Wire:
    """The socket's side: remembers that it was aborted."""

    def __init__(self) -> None:
        self.aborted = False

    def write(self, _request: bytes) -> None:
        pass

    def abort(self) -> None:
        self.aborted = True


@dataclass
class Owner:
    """What the transport would be told."""

    told: list[tuple[object, ...]] = field(default_factory=list)

    def answered(self, connection: Connection, status: int, body: bytes, *, reusable: bool) -> None:
        self.told.append((status, body, reusable, connection.retry_after_seconds))
        connection.call = None
        if not reusable:
            connection.abort()

    def faulted(self, connection: Connection, fault: WireFault) -> None:
        if connection.call is not None:
            self.told.append((fault,))
        connection.call = None
        connection.abort()


def told_of(parts: list[bytes], *, asks: int = 1) -> tuple[list[tuple[object, ...]], bool]:
    """What becomes of requests whose answers come in these parts before the server closes."""
    owner, wire = Owner(), Wire()
    connection = Connection(owner, Endpoint("127.0.0.1"), {}, MAX_RESPONSE_BYTES)
    connection.connection_made(cast("asyncio.Transport", wire))
    connection.send(call_of(), b"request", 0.0)
    for part in parts:
        if connection.call is None and not wire.aborted and len(owner.told) < asks:
            connection.send(call_of(), b"request", 0.0)
        connection.data_received(part)
    connection.connection_lost(None)
    return owner.told, wire.aborted


@st.composite
def cut_streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    stream = draw(st.sampled_from(STREAMS))
    places = sorted(draw(st.sets(st.integers(0, len(stream)))) | {0, len(stream)})
    return stream, [stream[start:end] for start, end in pairwise(places)]


@given(cut_streams())
def test_an_answer_reads_the_same_however_it_is_cut(cut: tuple[bytes, list[bytes]]) -> None:
    stream, parts = cut
    assert told_of(parts) == told_of([stream])


@pytest.mark.parametrize("stream", STREAMS)
def test_an_answer_reads_the_same_byte_by_byte(stream: bytes) -> None:
    assert told_of([bytes([byte]) for byte in stream]) == told_of([stream])


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_bytes_at_all_end_in_one_outcome(parts: list[bytes]) -> None:
    told, _aborted = told_of(parts)
    assert len(told) == 1


@given(st.sampled_from(STREAMS[:3]), st.sampled_from(STREAMS[:9]))
def test_answers_follow_each_other_on_one_connection(first: bytes, second: bytes) -> None:
    both, _ = told_of([first, second], asks=2)
    alone, _ = told_of([second])
    assert both[1:] == alone


@given(st.binary(), st.floats(0, 4e9))
def test_any_retry_after_is_a_wait_or_nothing(value: bytes, now: float) -> None:
    seconds = parse_retry_after(value, now)
    assert seconds is None or seconds >= 0


@given(st.text("MonTueWd, 0123456789JanFebOct:GMT+-()", max_size=40))
def test_any_date_like_retry_after_is_a_wait_or_nothing(value: str) -> None:
    seconds = parse_retry_after(value.encode(), 0.0)
    assert seconds is None or seconds >= 0
