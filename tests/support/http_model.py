"""A small real model: answers over HTTP by a function of the request, and can be taken down and put up again.

It runs on an event loop in a thread of the test, so that a test scripts it with plain functions.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import httptools
import uvloop

from support.ports import free_port

ADDRESS = "127.0.0.1"
CALL_SECONDS = 10
HANGS = -1.0
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """`after_seconds` HANGS: never answered."""

    body: bytes = b""
    status: int = 200
    headers: tuple[str, ...] = ()
    after_seconds: float = 0.0


Answer = Callable[[Request], Response]


def echo(request: Request) -> Response:
    return Response(request.body)


def always(status: int, body: bytes = b"", *headers: str) -> Answer:
    return lambda _request: Response(body, status, headers)


@dataclass(eq=False)
class HttpModel:
    """A context manager; `answer` may be changed at any time. `requests` holds all but those to /ready."""

    answer: Answer = echo
    ready_status: int = 200
    port: int = field(default_factory=free_port)
    requests: list[Request] = field(default_factory=list)
    on_wire: int = 0
    most_on_wire: int = 0
    _connections: set["_Connection"] = field(default_factory=set)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}/predict"

    def __enter__(self) -> Self:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model", daemon=True)
        self._thread.start()
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_SECONDS)
        self._loop.close()

    def up(self) -> None:
        self._do(self._up())

    def down(self) -> None:
        """Nothing listens, and every open connection is reset: what a crashed model looks like."""
        self._do(self._down())

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)

    async def _up(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: _Connection(self), ADDRESS, self.port, backlog=1024)

    async def _down(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.transport.abort()
        await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    """Requests come one at a time."""

    def __init__(self, model: HttpModel) -> None:
        self._model = model
        self.transport: asyncio.Transport
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._path = ""
        self._headers: dict[str, str] = {}
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one by shape only
        self._model._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._model._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    # httptools' callbacks

    def on_url(self, url: bytes) -> None:
        self._path += url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        model = self._model
        request = Request(self._parser.get_method().decode(), self._path, self._headers, self._body)
        self._path, self._headers, self._body = "", {}, b""
        if request.path == "/ready":
            self.transport.write(_rendered(Response(status=model.ready_status)))
            return
        model.requests.append(request)
        model.on_wire += 1
        model.most_on_wire = max(model.most_on_wire, model.on_wire)
        response = model.answer(request)
        if response.after_seconds > 0:
            asyncio.get_running_loop().call_later(response.after_seconds, self._reply, response)
        elif response.after_seconds != HANGS:
            self._reply(response)

    def _reply(self, response: Response) -> None:
        self._model.on_wire -= 1
        if not self.transport.is_closing():
            self.transport.write(_rendered(response))


def _rendered(response: Response) -> bytes:
    lines = "".join(f"{header}\r\n" for header in response.headers)
    head = f"HTTP/1.1 {response.status} x\r\n{lines}Content-Length: {len(response.body)}\r\n\r\n"
    return head.encode() + response.body
