"""Calls at hand that are not on the wire, and which of them goes next.

A waiting call is in exactly one place: ready, delayed until its next try, tried in an outage, or behind another part
of its own batch. All of it is bounded by what may be in flight.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from penstock_worker.core.batching import Batching, halves
from penstock_worker.core.delays import Delays
from penstock_worker.messages import Attempts, Batch, Call, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Splice = Callable[[Sequence[Record]], bytes]


class Waiting:
    """`splice` makes the body of a batch. Lanes decide what enters `ready`; `ready` keeps their order."""

    def __init__(self, batching: Batching, splice: Splice) -> None:
        self.ready: deque[Call] = deque()
        self.tried: deque[Call] = deque()  # while the breaker is not closed: what has failed, the longest ago first
        self.delays = Delays()
        self._batching = batching
        self._splice = splice

    def __len__(self) -> int:
        return len(self.ready) + len(self.delays) + len(self.tried)

    # --- next -----------------------------------------------------------------------------------------------

    def take_batch(
        self, most_records: int, *, admit: Callable[[Record], bool], is_fit: Callable[[Record], bool]
    ) -> Call | None:
        """A part of a batch that came apart, or else a new batch; `ready` is not empty. See `Batching.take`."""
        if isinstance(self.ready[0], Batch):
            return self.ready.popleft()
        records = self._batching.take(self.ready, most_records, admit=admit, is_fit=is_fit)
        if not records:  # none of them was the model's business; what is left, if anything, is a part that was bisected
            return self.ready.popleft() if self.ready else None
        batch = Batch(tuple(records), self._splice(records))
        batch.attempts = records[0].attempts
        return batch

    def offer_probe(self) -> bool:
        """Something to probe with is in `ready`: what was not tried in this outage, or else the longest ago."""
        if not self.ready and self.tried:
            self.ready.append(self.tried.popleft())
        return bool(self.ready)

    def take_due(self, now: float) -> None:
        self.ready.extendleft(reversed(self.delays.take_due(now)))

    # --- again ----------------------------------------------------------------------------------------------

    def return_first(self, calls: Sequence[Call]) -> None:
        """Ahead of everything, in the order given."""
        self.ready.extendleft(reversed(calls))

    def bisect(self, batch: Batch, *, given_up: bool) -> None:
        """Both halves again, the left one first: the right one may hold later records of the same lanes.

        Of a batch that was given up, a part of several records gets one try, a single record its whole budget. The
        records' first failure is the batch's, so what the model answered since then still proves it alive.
        """
        left, right = (
            Batch(records, self._splice(records), last_chance=given_up and len(records) > 1)
            for records in halves(batch.records)
        )
        for part in (left, right):
            part.attempts = _suspicion(batch.attempts)
        left.then = (right, *batch.then)
        self.ready.appendleft(left)

    def next_part(self, settled: Batch) -> Batch | None:
        """The part that waited for this one, without the records of partitions taken away since."""
        part = self._refit(_successor(settled)) if settled.then else None
        assert part is None or isinstance(part, Batch)  # noqa: S101 - a part of a batch stays a batch
        return part

    # --- outage ---------------------------------------------------------------------------------------------

    def open_outage(self) -> None:
        """Batches come apart, since each may hold a bad record; what failed before waits behind what did not."""
        calls = [each for call in (*self.ready, *self.delays.take_all()) for each in self.apart(call)]
        self.ready.clear()  # in place: the stage may be going through it
        self.ready.extend(call for call in calls if not _has_failed(call))
        self.tried.extendleft(reversed([call for call in calls if _has_failed(call)]))

    def close_outage(self) -> None:
        self.ready.extend(self.tried)
        self.tried.clear()

    def apart(self, call: Call) -> Sequence[Call]:
        """The heads of the lanes that a batch holds, as calls of their own; the others wait in those lanes."""
        if isinstance(call, Record):
            return (call,)
        for record in call.records:
            record.attempts = call.attempts if len(call.records) == 1 else _suspicion(call.attempts)
        parts = (call, *call.then)
        return self._batching.dissolve(record for part in parts for record in part.records if record.window.open)

    # --- partitions that go ---------------------------------------------------------------------------------

    def drop_closed(self) -> None:
        """Forget the records of windows that are not open any more."""
        self.ready = deque(self._refitted(self.ready))
        self.tried = deque(self._refitted(self.tried))
        self.delays.keep(self._refit)
        self._batching.forget(lambda record: not record.window.open)

    def _refitted(self, calls: Iterable[Call]) -> Iterable[Call]:
        return (call for call in map(self._refit, calls) if call is not None)

    def _refit(self, call: Call) -> Call | None:
        records = tuple(record for record in call.records if record.window.open)
        if not records:
            return self._refit(_successor(call)) if isinstance(call, Batch) and call.then else None
        if isinstance(call, Batch) and len(records) < len(call.records):
            call.records, call.value = records, self._splice(records)
        return call


def _successor(batch: Batch) -> Batch:
    part, *rest = batch.then
    part.then = tuple(rest)
    return part


def _has_failed(call: Call) -> bool:
    return call.attempts is not None and call.attempts.failed_at is not None


def _suspicion(attempts: Attempts | None) -> Attempts | None:
    """What is known of one record of a batch that failed: a budget of its own, but the batch's first failure."""
    if attempts is None or attempts.failed_at is None:
        return None
    suspicion = Attempts()
    suspicion.failed_at = attempts.failed_at
    return suspicion
