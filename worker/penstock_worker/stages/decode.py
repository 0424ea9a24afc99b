"""Which records never reach the model. Pure; everything else is sent as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_worker.messages import Fault
from penstock_worker.stages.encode import Failure

if TYPE_CHECKING:
    from penstock_worker.messages import Record
    from penstock_worker.protocols import ModelProtocol

TOMBSTONE = Failure(Fault.TOMBSTONE, "the value is null")


def failure_of(record: Record, protocol: ModelProtocol, *, batched: bool) -> Failure | None:
    """Why this record goes to the error topic unasked; None where the model shall see it."""
    if record.value is None:
        return TOMBSTONE
    problem = record.problem or protocol.problem(record, batched=batched)
    return None if problem is None else Failure(Fault.BAD_RECORD, problem)
