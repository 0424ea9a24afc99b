"""An HTTP server that does what a script says, byte for byte: what a model may answer, and what none should."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Self, cast

ADDRESS = "127.0.0.1"


class Then(Enum):
    """What becomes of the connection after a reply."""

    KEEP = auto()
    CLOSE = auto()
    RESET = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """What one request meets: the parts leave one by one, with a pause before each but the first."""

    parts: tuple[bytes, ...] = ()
    then: Then = Then.KEEP
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived, and on which connection, counted from 1."""

    connection: int
    head: bytes
    body: bytes


def whole(answer: bytes, then: Then = Then.KEEP) -> Reply:
    return Reply((answer,), then)


def byte_by_byte(answer: bytes) -> Reply:
    return Reply(tuple(answer[place : place + 1] for place in range(len(answer))), pause_seconds=0.001)


def answer(
    body: bytes = b"", *, status: bytes = b"200 OK", headers: bytes = b"", version: bytes = b"HTTP/1.1"
) -> bytes:
    """An ordinary answer; `headers` are whole lines."""
    return b"%b %b\r\n%bContent-Length: %d\r\n\r\n%b" % (version, status, headers, len(body), body)


SILENCE = Reply()
OK = whole(answer(b"ok"))


class ScriptedServer:
    """Replies in the order of its script, then with `ever_after`. Knows how many connections it has open."""

    def __init__(
        self,
        *script: Reply,
        ever_after: Reply = OK,
        address: str = ADDRESS,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.port = port
        self._open: set[asyncio.StreamWriter] = set()
        self._changed = asyncio.Event()
        self._script = deque(script)
        self._ever_after = ever_after
        self._address = address
        self._tls = tls
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._converse, self._address, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nothing listens, every connection is reset."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            _reset(writer)
        await self.until_open(0)

    @property
    def open_connections(self) -> int:
        return len(self._open)

    async def until_open(self, connections: int) -> None:
        """Until so many connections are open."""
        async with asyncio.timeout(5):
            while len(self._open) != connections:
                self._changed.clear()
                await self._changed.wait()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        self._changed.set()
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._serve(self.connections, reader, writer)
        finally:
            self._open.discard(writer)
            self._changed.set()
            writer.close()

    async def _serve(self, connection: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_content_length(head))
            self.requests.append(Request(connection, head, body))
            reply = self._script.popleft() if self._script else self._ever_after
            await _write(reply, writer)
            if reply.then is Then.RESET:
                _reset(writer)
            if reply.then is not Then.KEEP:
                return


async def _write(reply: Reply, writer: asyncio.StreamWriter) -> None:
    for number, part in enumerate(reply.parts):
        if number:
            await asyncio.sleep(reply.pause_seconds)
        writer.write(part)
        await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """A close with no time to linger makes the kernel send RST instead of FIN."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    cast("asyncio.Transport", writer.transport).abort()


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0
