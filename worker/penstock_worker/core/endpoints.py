"""Which of the model's addresses gets the next request: the one with the fewest in flight that is not ejected.

An address is ejected by a refused connection, or by failures in a row over distinct records without a definitive
answer between them: as many as it has requests in flight, at least three. It comes back after 1 s, doubling to 30 s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FAILURES_IN_A_ROW = 3
FIRST_EJECTION_SECONDS = 1.0
LONGEST_EJECTION_SECONDS = 30.0


@dataclass(slots=True, eq=False)
class Endpoint:
    """One address of the model and how it has been doing."""

    address: str
    in_flight: int = 0
    failures_in_a_row: int = 0
    ejected_until: float = 0.0
    ejection_seconds: float = 0.0
    last_failed: object = None
    gone: bool = False

    def answered(self) -> None:
        self.failures_in_a_row = 0
        self.ejected_until = self.ejection_seconds = 0.0
        self.last_failed = None

    def failed(self, now: float, call: object) -> bool:
        """One more failure; True when it ejects the endpoint. The same call failing again proves nothing new."""
        if call is self.last_failed:
            return False
        self.last_failed = call
        self.failures_in_a_row += 1
        if self.failures_in_a_row < max(FAILURES_IN_A_ROW, self.in_flight):
            return False
        self.eject(now)
        return True

    def eject(self, now: float) -> None:
        if now < self.ejected_until:
            return
        self.ejection_seconds = min(LONGEST_EJECTION_SECONDS, max(FIRST_EJECTION_SECONDS, self.ejection_seconds * 2))
        self.ejected_until = now + self.ejection_seconds
        self.failures_in_a_row = 0


@dataclass(slots=True)
class Endpoints:
    """The addresses that the model's name has at the moment."""

    all: list[Endpoint] = field(default_factory=list)
    _turn: int = 0

    def resolved(self, addresses: Iterable[str]) -> list[Endpoint]:
        """Take over the addresses of a look-up; returns the endpoints that are gone."""
        known = {endpoint.address: endpoint for endpoint in self.all}
        wanted = list(dict.fromkeys(addresses))
        self.all = [known.pop(address) if address in known else Endpoint(address) for address in wanted]
        for endpoint in known.values():
            endpoint.gone = True
        return list(known.values())

    def choose(self, now: float, *, even_ejected: bool = False) -> Endpoint | None:
        """The least busy usable endpoint, ties in turn; None when all are ejected. `even_ejected` is for probes."""
        if len(self.all) == 1:  # the sidecar's case, and the hot path's
            only = self.all[0]
            return only if even_ejected or only.ejected_until <= now else None
        self._turn += 1
        usable = [e for e in self._in_turn() if even_ejected or e.ejected_until <= now]
        return min(usable, key=lambda endpoint: endpoint.in_flight, default=None)

    def all_ejected(self, now: float) -> bool:
        return all(endpoint.ejected_until > now for endpoint in self.all)

    def _in_turn(self) -> list[Endpoint]:
        turn = self._turn % len(self.all) if self.all else 0
        return self.all[turn:] + self.all[:turn]
