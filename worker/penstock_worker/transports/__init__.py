"""How a request reaches a model: connections, endpoints, and what can go wrong on the wire.

A transport is given whole requests and gives whole answers, in any order, by calling back on the event loop. It
knows nothing of Kafka, of retries or of breakers; it chooses the endpoint and ejects those that fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock_worker.core.verdicts import Setback
    from penstock_worker.messages import Call


class Transport(Protocol):
    """What the predict stage needs. All methods but `start` and `stop` are synchronous and never block."""

    on_answer: Callable[[Call, bytes, float, float], None]
    """2xx: call, body, latency in seconds, now."""

    on_setback: Callable[[Call, Setback, float, float], None]
    """Everything else: call, what, latency in seconds, now."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def send(self, call: Call, body: bytes, headers: bytes | None, now: float, *, probe: bool = False) -> bool:
        """False: every endpoint is ejected, nothing was sent.

        `headers`: rendered lines that replace the default content type.
        """

    def abandon(self, is_stale: Callable[[Call], bool]) -> list[Call]:
        """Close the requests of calls whose answers nobody wants any more; there is no callback for those returned."""

    def calls(self) -> list[Call]:
        """What is on the wire."""

    def has_endpoint(self, now: float) -> bool: ...

    def reinstate(self) -> None:
        """The model proved alive by other means: forget all ejections."""

    def oldest_on_wire_seconds(self, now: float) -> float: ...

    @property
    def ever_connected(self) -> bool: ...
