"""HTTP/1.1 over keep-alive connections of our own: the hot path's way to a model.

One request at a time on a connection; a request is one pre-rendered head, a length and the record's bytes. `httptools`
(llhttp) parses answers. About ten times less CPU than a general client, since there is no task, future, or header
object per request. TLS goes through the event loop. Redirects are not followed, encodings are not asked for.

A call's answer arrives exactly once, by `on_answer` or `on_setback`, unless it was abandoned.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from penstock_worker.core.endpoints import Endpoint, Endpoints
from penstock_worker.core.outcomes import DEFINITIVE, OUTCOME_OF_STATUS, Outcome, WireFault
from penstock_worker.core.verdicts import Setback
from penstock_worker.messages import attempts_of
from penstock_worker.transports.http1_connection import Connection, KnownHeads
from penstock_worker.transports.resolve import Target, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock_worker.messages import Call

CONNECT_TIMEOUT_SECONDS = 5.0
RESOLVE_INTERVAL_SECONDS = 10.0
SWEEP_SECONDS = 0.1


class Http1Transport:
    """Connections to all addresses of one model URL."""

    def __init__(self, target: Target, *, timeout_seconds: float, max_response_bytes: int) -> None:
        self.target = target
        self.timeout_seconds = timeout_seconds
        self.max_response_bytes = max_response_bytes
        self.endpoints = Endpoints()
        self.ever_connected = False
        self.on_answer: Callable[[Call, bytes, float, float], None]
        self.on_setback: Callable[[Call, Setback, float, float], None]
        self._idle: dict[Endpoint, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._known_heads: KnownHeads = {}
        self._connecting: dict[Call, asyncio.Task[None]] = {}
        self._background: list[asyncio.Task[None]] = []
        self._head = (f"POST {target.path} HTTP/1.1\r\nHost: {target.authority}\r\nUser-Agent: penstock\r\n").encode()
        self._default_head = self._head + b"Content-Type: application/json\r\nContent-Length: "

    async def start(self) -> None:
        """Look the model's addresses up, and keep doing so; opens no connection yet."""
        await self._resolve_once()
        self._background = [asyncio.create_task(self._sweep_forever())]
        if not self.target.is_literal:
            self._background.append(asyncio.create_task(self._resolve_forever()))

    async def stop(self) -> None:
        tasks = [*self._background, *self._connecting.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in self._open:
            connection.abort()
        self._open.clear()
        self._idle.clear()

    def send(self, call: Call, body: bytes, headers: bytes | None, now: float, *, probe: bool = False) -> bool:
        endpoint = self.endpoints.choose(now, even_ejected=probe)
        if endpoint is None:
            return False
        head = self._default_head if headers is None else self._head + headers + b"Content-Length: "
        request = b"%b%d\r\n\r\n%b" % (head, len(body), body)
        endpoint.in_flight += 1
        idle = self._idle.get(endpoint)
        if idle and (call.attempts is None or not call.attempts.fresh_connection):
            idle.pop().send(call, request, now)
        else:
            self._connecting[call] = asyncio.create_task(self._connect(endpoint, call, request))
        return True

    def abandon(self, is_stale: Callable[[Call], bool]) -> list[Call]:
        calls = [call for call in self.calls() if is_stale(call)]
        for connection in [c for c in self._open if c.call in calls]:
            connection.endpoint.in_flight -= 1
            self._close(connection)
        for call in [call for call in self._connecting if call in calls]:
            self._connecting.pop(call).cancel()
        return calls

    def calls(self) -> list[Call]:
        return [c.call for c in self._open if c.call is not None] + list(self._connecting)

    def has_endpoint(self, now: float) -> bool:
        return not self.endpoints.all_ejected(now)

    def reinstate(self) -> None:
        for endpoint in self.endpoints.all:
            endpoint.answered()

    def oldest_on_wire_seconds(self, now: float) -> float:
        return max((now - connection.sent_at for connection in self._open if connection.call), default=0.0)

    # --- called by connections -------------------------------------------------------------------------------

    def answered(self, connection: Connection, status: int, body: bytes, *, reusable: bool) -> None:
        """A whole response arrived."""
        now = time.monotonic()
        call, endpoint = connection.call, connection.endpoint
        assert call is not None  # noqa: S101 - a connection only reports what it was sent
        latency_seconds = now - connection.sent_at
        connection.call = None
        endpoint.in_flight -= 1
        if reusable and not endpoint.gone:
            self._idle[endpoint].append(connection)
        else:
            self._close(connection)
        outcome = OUTCOME_OF_STATUS[status]
        if outcome is Outcome.DONE:
            if endpoint.last_failed is not None or endpoint.ejected_until:
                endpoint.answered()
            self.on_answer(call, body, latency_seconds, now)
            return
        if outcome in DEFINITIVE:
            endpoint.answered()
        elif outcome is Outcome.FAILED and _fails_first(call):
            endpoint.failed(now, call)
        text, retry_after_seconds = f"the model answered {status}", connection.retry_after_seconds
        overload = status in (429, 503)
        setback = Setback(outcome, status, text, body, retry_after_seconds, overload=overload)
        self.on_setback(call, setback, latency_seconds, now)

    def faulted(self, connection: Connection, fault: WireFault) -> None:
        """The connection is of no use any more. With a request on it, that request failed."""
        call, endpoint = connection.call, connection.endpoint
        self._close(connection)
        if call is None:
            return
        endpoint.in_flight -= 1
        now = time.monotonic()
        latency_seconds = now - connection.sent_at
        if fault is WireFault.RESET and connection.answers and not attempts_of(call).fresh_connection:
            # RFC 9112 9.3.1: a server may close an idle connection just as a request is sent on it.
            attempts_of(call).fresh_connection = True
            self.on_setback(
                call,
                Setback(Outcome.NOT_NOW, None, fault.text, retry_after_seconds=0.0, lost_endpoint=True),
                latency_seconds,
                now,
            )
            return
        if fault.outcome is Outcome.FAILED and _fails_first(call):
            endpoint.failed(now, call)
        setback = Setback(fault.outcome, None, fault.text, overload=fault is WireFault.TIMEOUT)
        self.on_setback(call, setback, latency_seconds, now)

    # --- inside ----------------------------------------------------------------------------------------------

    async def _connect(self, endpoint: Endpoint, call: Call, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        target = self.target
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                _, connection = await loop.create_connection(
                    lambda: Connection(self, endpoint, self._known_heads, self.max_response_bytes),
                    endpoint.address,
                    target.port,
                    ssl=target.ssl_context,
                    server_hostname=target.host if target.ssl_context else None,
                )
        except asyncio.CancelledError:
            endpoint.in_flight -= 1
            raise
        except OSError as error:  # TimeoutError, refused, TLS failures: all are OSErrors
            now = time.monotonic()
            del self._connecting[call]
            endpoint.in_flight -= 1
            endpoint.eject(now)
            text = f"{WireFault.NO_CONNECTION.text}: {error.strerror or type(error).__name__}"
            self.on_setback(call, Setback(Outcome.NOT_NOW, None, text, lost_endpoint=True), now - started, now)
            return
        del self._connecting[call]
        self.ever_connected = True
        self._idle.setdefault(endpoint, [])
        self._open.add(connection)
        connection.send(call, request, time.monotonic())

    def _close(self, connection: Connection) -> None:
        connection.call = None
        connection.abort()
        self._open.discard(connection)
        idle = self._idle.get(connection.endpoint, [])
        if connection in idle:
            idle.remove(connection)

    async def _sweep_forever(self) -> None:
        """Timeouts without a timer per request: all have the same one, and a tenth of a second is exact enough."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            late = time.monotonic() - self.timeout_seconds
            for connection in [c for c in self._open if c.call is not None and c.sent_at <= late]:
                self.faulted(connection, WireFault.TIMEOUT)

    async def _resolve_forever(self) -> None:
        while True:
            await asyncio.sleep(RESOLVE_INTERVAL_SECONDS)
            await self._resolve_once()

    async def _resolve_once(self) -> None:
        """A failed look-up keeps the addresses that are known: DNS being away is not the model being away."""
        addresses = await resolve(self.target)
        if not addresses and self.endpoints.all:
            return
        for gone in self.endpoints.resolved(addresses):
            for connection in self._idle.pop(gone, []):
                self._close(connection)


def _fails_first(call: Call) -> bool:
    """A call that failed before says nothing new of an endpoint: it may be the record."""
    return call.attempts is None or not call.attempts.failures
