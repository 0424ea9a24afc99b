"""What this worker can do, of all that its settings can ask for. Pure.

A setting that is known but not carried out yet is refused like an unknown one: the pre-flight, on the same image,
finds it before any worker starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason

if TYPE_CHECKING:
    from penstock_worker.settings import WorkerSettings


def refuse_what_is_missing(worker: WorkerSettings) -> None:
    """Raises `Refused` (`WorkerTooOld`) naming the field, what it says and what this worker takes."""
    model, delivery = worker.model, worker.delivery
    if model.entrypoint:
        raise _missing("model.entrypoint", model.entrypoint, "a model reached by model.url")
    if model.protocol != "JSON":
        raise _missing("model.protocol", model.protocol, "JSON")
    if model.transport != "REST":
        raise _missing("model.transport", model.transport, "REST")
    if delivery.guarantee != "AtLeastOnce":
        raise _missing("delivery.guarantee", delivery.guarantee, "AtLeastOnce")


def _missing(field: str, found: str, instead: str) -> Refused:
    message = f"worker.json: {field}: {found} is not built into this worker; use {instead}, or a newer worker image"
    return Refused(Reason.WORKER_TOO_OLD, message)
