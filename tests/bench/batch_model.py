"""A model that answers a JSON array of n values with an array of n predictions, at a cost far below the worker's.

It counts the values by their mark instead of parsing them, and answers from a table. Run as a process: `PORT`.
"""

import asyncio
import sys
from typing import cast

import httptools
import uvloop

from bench.payloads import MARK

PREDICTION = b'{"label":"fraud","score":0.9731250}'
MAX_VALUES = 1024


def _answer(count: int) -> bytes:
    body = b"[" + b",".join([PREDICTION] * count) + b"]"
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


ANSWERS = tuple(_answer(count) for count in range(MAX_VALUES + 1))


class BatchModel(asyncio.Protocol):
    """One keep-alive connection."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._parts: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one without being a subclass

    def data_received(self, chunk: bytes) -> None:
        self._parser.feed_data(chunk)

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        count = b"".join(self._parts).count(MARK)
        self._parts.clear()
        self.transport.write(ANSWERS[count])


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(BatchModel, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
