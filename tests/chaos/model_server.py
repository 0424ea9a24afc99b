"""The chaos model: a small HTTP server that is fast, and fails each record exactly as the fault plan says.

A process of its own: `python -m chaos.model_server SETTINGS`. It serves one port on every address that it is given, and
obeys lines of JSON on its control port (see `model.py`). While a whole-model fault is on, per-record faults wait.
"""

import asyncio
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import httptools
import msgspec
import uvloop

from chaos.faults import FaultPlan, Kind, answer, error_answer, number_of

SLOW_SECONDS = 1.0
_raw_array = msgspec.json.Decoder(list[msgspec.Raw])
_STATUS = {
    Kind.REFUSED: b"400 Bad Request",
    Kind.OVERLOADED: b"429 Too Many Requests\r\nRetry-After: 1",
    Kind.FAILED: b"500 Internal Server Error",
    Kind.GIVEN_UP: b"500 Internal Server Error",
    Kind.UNAVAILABLE: b"503 Service Unavailable",
}
_LARGER, _BARELY_SMALLER = 2.0, 0.99


class Settings(msgspec.Struct, frozen=True):
    """What the server is started with."""

    addresses: list[str]
    port: int
    control_port: int
    seed: int = 0
    per_million: dict[str, int] = {}
    large_bytes: int = 0

    @property
    def plan(self) -> FaultPlan:
        return FaultPlan(self.seed, {Kind(kind): share for kind, share in self.per_million.items()}, self.large_bytes)


@dataclass(slots=True)
class Model:
    """All connections share it: the plan, what was answered so far, and what the whole model does at the moment."""

    plan: FaultPlan
    everybody: Kind | None = None  # a fault that every request meets, whatever its record
    latency_seconds: float = 0.0
    in_flight: int = 0
    requests: int = 0
    injected: Counter[str] = field(default_factory=Counter)
    attempts: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))

    def fault_of(self, body: bytes) -> tuple[Kind | None, bytes]:
        """The fault that this request meets, and the body of the answer."""
        self.requests += 1
        values = [bytes(raw) for raw in _raw_array.decode(body)] if body.startswith(b"[") else [body]
        kind = self.everybody or self._planned(values)
        if kind:
            self.injected[kind.value] += 1
            return kind, error_answer(values[0])
        answers = b",".join([answer(value) for value in values])
        return None, b"[%b]" % answers if body.startswith(b"[") else answers

    def _planned(self, values: list[bytes]) -> Kind | None:
        """The first fault among a request's records: they share its fate, as they share its answer."""
        for value in values:
            number = number_of(value)
            if number is not None and self.plan.kind_of(number):
                kind = self.plan.attempt(number, self.attempts[number])
                if kind:
                    self.attempts[number] += 1
                    return kind
        return None

    def status(self) -> dict[str, Any]:
        return {"requests": self.requests, "inFlight": self.in_flight, "injected": dict(self.injected)}


class Connection(asyncio.Protocol):
    """One client connection; requests come one at a time."""

    def __init__(self, model: Model, open_connections: "set[Connection]") -> None:
        self._model = model
        self._open = open_connections
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by shape only
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        kind, answer_body = self._model.fault_of(body)
        delay_seconds = self._model.latency_seconds + (SLOW_SECONDS if kind is Kind.SLOW else 0)
        self._model.in_flight += 1
        if delay_seconds:
            asyncio.get_running_loop().call_later(delay_seconds, self._answer, kind, body, answer_body)
        else:
            self._answer(kind, body, answer_body)

    def _answer(self, kind: Kind | None, request: bytes, body: bytes) -> None:
        self._model.in_flight -= 1
        match kind:
            case None:
                self._transport.write(_response(b"200 OK", body))
            case Kind.SLOW:
                self._transport.write(_response(b"200 OK", answer(request)))
            case Kind.GARBAGE:
                self._transport.write(b"\x00\x01 this is not HTTP\r\n\r\n")
            case Kind.TRUNCATED:
                self._transport.write(_response(b"200 OK", body)[:-5])
                self._transport.close()
            case Kind.RESET:
                self._transport.abort()
            case Kind.HANG:
                pass
            case Kind.TOO_LARGE | Kind.BARELY_TOO_LARGE:
                factor = _LARGER if kind is Kind.TOO_LARGE else _BARELY_SMALLER
                self._transport.write(_response(b"200 OK", b"x" * int(self._model.plan.large_bytes * factor)))
            case _:
                self._transport.write(_response(_STATUS[kind], body))

    def abort(self) -> None:
        self._transport.abort()


def _response(status: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


class Endpoint:
    """One address of the model, up or down on its own."""

    def __init__(self, model: Model, address: str, port: int) -> None:
        self._model = model
        self._place = (address, port)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def up(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                lambda: Connection(self._model, self._connections), *self._place, backlog=1024
            )

    async def down(self) -> None:
        """Nothing listens, and every open connection is reset: what a crashed model looks like."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.abort()


class Control(msgspec.Struct, forbid_unknown_fields=True):
    """One line of the control port. What it does not name stays as it is."""

    down: list[str] = []
    up: list[str] = []
    everybody: Literal["", "400", "429", "500", "503", "hang"] | None = None
    latency_seconds: float | None = None


async def serve(settings: Settings) -> None:
    """Until the process is ended."""
    model = Model(settings.plan)
    endpoints = {address: Endpoint(model, address, settings.port) for address in settings.addresses}
    for endpoint in endpoints.values():
        await endpoint.up()

    async def obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            await _apply(msgspec.json.decode(line, type=Control), model, endpoints)
            writer.write(json.dumps(model.status()).encode() + b"\n")
            await writer.drain()
        writer.close()

    control = await asyncio.start_server(obey, "127.0.0.1", settings.control_port)
    await control.serve_forever()


async def _apply(control: Control, model: Model, endpoints: dict[str, Endpoint]) -> None:
    for address in control.down:
        await endpoints[address].down()
    for address in control.up:
        await endpoints[address].up()
    if control.everybody is not None:
        model.everybody = Kind(control.everybody) if control.everybody else None
    if control.latency_seconds is not None:
        model.latency_seconds = control.latency_seconds


if __name__ == "__main__":
    uvloop.run(serve(msgspec.json.decode(sys.argv[1], type=Settings)))
