"""One keep-alive connection: writes a request, collects the bytes of its answer, says when it is whole."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

import httptools

from penstock_worker.core.outcomes import OUTCOME_OF_STATUS, Outcome, WireFault
from penstock_worker.core.retries import parse_retry_after

if TYPE_CHECKING:
    from penstock_worker.core.endpoints import Endpoint
    from penstock_worker.messages import Call

MAX_HEAD_BYTES = 65536
MOST_KNOWN_HEADS = 256
END_OF_HEAD = b"\r\n\r\n"
JUDGED_BY_STATUS = frozenset({Outcome.NOT_NOW, Outcome.FAILED, Outcome.MISCONFIGURED})


class Owner(Protocol):
    """Who is told what became of a request."""

    def answered(self, connection: Connection, status: int, body: bytes, *, reusable: bool) -> None: ...

    def faulted(self, connection: Connection, fault: WireFault) -> None: ...


KnownHeads: TypeAlias = dict[bytes, tuple[int, int]]
"""Heads that the parser has read before, byte for byte, on any connection: status and body length.

A server repeats its heads within a second (then `Date` changes), and the same bytes mean the same, so the parser need
not read them again. Only successes whose head and whole body came in one piece and that leave the connection open.
"""


class Connection(asyncio.Protocol):
    """At most one request in flight: from `send` until `answered` or `faulted` is called on the owner."""

    def __init__(self, owner: Owner, endpoint: Endpoint, known_heads: KnownHeads, max_response_bytes: int) -> None:
        self.owner = owner
        self.endpoint = endpoint
        self.max_response_bytes = max_response_bytes
        self.call: Call | None = None
        self.sent_at = 0.0
        self.answers = 0
        self.retry_after_seconds: float | None = None
        self.transport: asyncio.Transport | None = None
        self._known_heads = known_heads
        self._aborted = False
        self._parser = httptools.HttpResponseParser(self)
        self._reset_answer()

    def _reset_answer(self) -> None:
        self._body: bytes | list[bytes] = b""
        self._body_bytes = 0
        self._head_bytes = 0
        self._has_length = False
        self._has_head = False
        self._is_too_large = False
        self._is_begun = False
        self._status = 0  # set when the answer is whole
        self._reusable = False
        self.retry_after_seconds = None

    def send(self, call: Call, request: bytes, now: float) -> None:
        if self._is_begun:
            self._reset_answer()
        self.call, self.sent_at = call, now
        if self.transport is None or self._aborted:
            self.owner.faulted(self, WireFault.RESET)
            return
        self.transport.write(request)

    def abort(self) -> None:
        """Close at once; nothing more is reported."""
        self._aborted = True
        if self.transport is not None:
            self.transport.abort()

    # --- asyncio.Protocol ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, received: bytes) -> None:
        if self._aborted:
            return
        if self.call is None:  # nobody asked: whatever this is, the connection cannot be trusted
            self.owner.faulted(self, WireFault.NOT_HTTP)
            return
        is_first = not self._is_begun
        if is_first:
            head_end = received.find(END_OF_HEAD) + len(END_OF_HEAD)
            known = self._known_heads.get(received[:head_end])
            if known is not None and len(received) == head_end + known[1]:
                self.answers += 1
                self.owner.answered(self, known[0], received[head_end:], reusable=True)
                return
            self._is_begun = True
        if not self._has_head:
            self._head_bytes += len(received)
        try:
            self._parser.feed_data(received)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # Bytes behind a whole answer would be taken for the next one's: never use this connection again.
            self._reusable = False
            if not self._status:
                self._fault(WireFault.NOT_HTTP)
        if self._aborted:
            return
        if self._status:
            if is_first and self._reusable:
                self._remember_head(received)
            self._complete(reusable=self._reusable)
        elif not self._has_head and self._head_bytes > MAX_HEAD_BYTES:
            self._fault(WireFault.NOT_HTTP)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._aborted:
            return
        if self.call is not None and self._has_head and not self._has_length and exc is None:
            self._status = self._parser.get_status_code()
            self._complete(reusable=False)  # RFC 9112 6.3: such a body ends where the connection does
            return
        self._fault(WireFault.TRUNCATED if self._head_bytes else WireFault.RESET)

    # --- httptools callbacks ---------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._status:
            self._reusable = False  # a second answer to one request

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._status:
            return
        length = len(name)  # comparing lengths first keeps this cheap for the headers nobody needs
        if length == 14 and name.lower() == b"content-length":
            self._has_length = True
            self._is_too_large = value.isdigit() and int(value) > self.max_response_bytes
        elif length == 17 and name.lower() == b"transfer-encoding":
            self._has_length = True
        elif length == 11 and name.lower() == b"retry-after":
            self.retry_after_seconds = parse_retry_after(value, time.time())

    def on_headers_complete(self) -> None:
        self._has_head = True
        if self._is_too_large and not self._status:
            self._exceeded()

    def on_body(self, part: bytes) -> None:
        if self._aborted or self._status:
            return
        self._body_bytes += len(part)
        if self._body_bytes > self.max_response_bytes:
            self._exceeded()
        elif not self._body:
            self._body = part
        elif isinstance(self._body, bytes):
            self._body = [self._body, part]
        else:
            self._body.append(part)

    def on_message_complete(self) -> None:
        if self._aborted or self._status:
            return
        status = self._parser.get_status_code()
        if status < 200:  # RFC 9110 15.2: interim, the answer is still to come
            head_bytes = self._head_bytes
            self._reset_answer()
            self._head_bytes = head_bytes  # the server has begun to answer, and may not do so for ever
            self._is_begun = True
            return
        self._status, self._reusable = status, self._parser.should_keep_alive()

    # --- inside ----------------------------------------------------------------------------------------------

    def _remember_head(self, received: bytes) -> None:
        """An answer that came in one piece: its head and length, for the next one that begins with the same bytes."""
        head = received[: received.find(END_OF_HEAD) + len(END_OF_HEAD)]
        if OUTCOME_OF_STATUS[self._status] is Outcome.DONE and len(head) + self._body_bytes == len(received):
            if len(self._known_heads) >= MOST_KNOWN_HEADS:
                self._known_heads.clear()
            self._known_heads[head] = (self._status, self._body_bytes)

    def _complete(self, *, reusable: bool) -> None:
        body = self._body if isinstance(self._body, bytes) else b"".join(self._body)
        self.answers += 1
        self.owner.answered(self, self._status, body, reusable=reusable)

    def _exceeded(self) -> None:
        """The body is too long to be an output. The page of an outage is not needed: its status says all."""
        status = self._parser.get_status_code()
        if OUTCOME_OF_STATUS[status] in JUDGED_BY_STATUS:
            self._status, self._body = status, b""
        else:
            self._fault(WireFault.TOO_LARGE)

    def _fault(self, fault: WireFault) -> None:
        if not self._aborted:
            self.owner.faulted(self, fault)
