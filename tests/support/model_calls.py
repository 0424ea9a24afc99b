"""The predict stage's side of a transport: sends records, keeps what comes back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from penstock_worker.core.outcomes import Outcome
from penstock_worker.core.verdicts import Setback
from penstock_worker.messages import Batch, Call
from penstock_worker.transports.http1 import Http1Transport
from penstock_worker.transports.resolve import parse_target

WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What a call led to: a body, or a setback."""

    call: Call
    body: bytes | None
    setback: Setback | None

    @property
    def outcome(self) -> Outcome:
        return Outcome.DONE if self.setback is None else self.setback.outcome

    @property
    def status(self) -> int | None:
        return None if self.setback is None else self.setback.status


def call_of(value: bytes = b"{}") -> Call:
    """A call of no record: the transport looks at nothing but the body and the attempts."""
    return Batch((), value)


class Caller:
    """Sends one call after the other, or several at a time."""

    def __init__(self, transport: Http1Transport) -> None:
        self.transport = transport
        self.heard: asyncio.Queue[Heard] = asyncio.Queue()
        transport.on_answer = lambda call, body, _latency, _now: self.heard.put_nowait(Heard(call, body, None))
        transport.on_setback = lambda call, setback, _latency, _now: self.heard.put_nowait(Heard(call, None, setback))

    def send(
        self, value: bytes = b"{}", *, again: Call | None = None, headers: bytes | None = None, probe: bool = False
    ) -> bool:
        """False when the transport has no endpoint for it."""
        call = again or call_of(value)
        assert isinstance(call.value, bytes)
        return self.transport.send(call, call.value, headers, time.monotonic(), probe=probe)

    async def next(self) -> Heard:
        async with asyncio.timeout(WAIT_SECONDS):
            return await self.heard.get()

    async def ask(self, value: bytes = b"{}", *, again: Call | None = None, headers: bytes | None = None) -> Heard:
        """Send one and wait for what it leads to."""
        assert self.send(value, again=again, headers=headers), "no endpoint"
        return await self.next()

    async def hears_nothing(self, seconds: float = 0.2) -> None:
        await asyncio.sleep(seconds)
        assert self.heard.empty(), self.heard.get_nowait()


@asynccontextmanager
async def calling(
    port: int,
    *,
    url: str = "http://127.0.0.1:{port}/predict",
    timeout_seconds: float = 5.0,
    max_response_bytes: int = 1_000_000,
) -> AsyncIterator[Caller]:
    """A started transport to this port."""
    transport = Http1Transport(
        parse_target(url.format(port=port)), timeout_seconds=timeout_seconds, max_response_bytes=max_response_bytes
    )
    caller = Caller(transport)
    await transport.start()
    try:
        yield caller
    finally:
        await transport.stop()
