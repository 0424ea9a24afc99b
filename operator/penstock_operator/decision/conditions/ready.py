"""`Ready`, `Reconciling` and `Stalled`: the sum, as kstatus reads it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from penstock_operator.decision.conditions.verdict import (
    KAFKA_READY,
    MODEL_READY,
    READY,
    RECONCILING,
    SCALER_READY,
    STALLED,
    WORKERS_READY,
    Verdict,
    Verdicts,
    no,
    yes,
)
from penstock_operator.reasons import ENDS_IN_THE_SPEC, AnyReason, Reason, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`obstacle`: what keeps a child from being as it should. `prepared`: the pre-flight of what the spec asks for has
    passed. `model_rolled_out`: as the workers', for a model with pods of its own. `notes`: doubts about the spec.
    """

    obstacle: tuple[AnyReason, str] | None
    prepared: bool
    rolled_out: bool
    model_rolled_out: bool
    paused: bool
    workers_ready: int
    workers_wanted: int
    notes: Sequence[str]


def summed_up(parts: Verdicts, progress: Progress) -> Verdicts:
    """With the three sums first, in the order in which they are shown."""
    ready = _noted(_ready(parts, progress), progress.notes)
    at_fault = (part for part in _false(parts) if part.reason in ENDS_IN_THE_SPEC and not ready.holds)
    stalled = next(at_fault, None)
    return {
        READY: ready,
        RECONCILING: no(Reason.SETTLED, "see Stalled") if stalled else _reconciling(ready, parts, progress),
        STALLED: yes(stalled.reason, stalled.message) if stalled else _not_stalled(),
        **parts,
    }


def refused(reason: AnyReason, message: str) -> Verdicts:
    """For a spec that is not acted on: nothing else is said, so what an earlier pass saw stays."""
    return {
        READY: no(reason, message),
        RECONCILING: no(Reason.SETTLED, "see Stalled"),
        STALLED: yes(reason, message),
    }


def _not_stalled() -> Verdict:
    return no(Reason.NOT_STALLED, "nothing in the spec has to change")


def _ready(parts: Verdicts, progress: Progress) -> Verdict:
    if progress.obstacle:
        return no(*progress.obstacle)
    missing = _missing(parts, progress)
    if missing:
        return _because(missing, parts)
    if progress.paused:
        return yes(Reason.PAUSED, "spec.paused is true: no worker runs")
    if progress.workers_ready:
        return yes(Reason.READY, f"{progress.workers_ready} worker(s) ready")
    return yes(Reason.SCALED_TO_ZERO, "no worker is wanted now")


def _noted(verdict: Verdict, notes: Sequence[str]) -> Verdict:
    return replace(verdict, message="; ".join((verdict.message, *(f"note: {note}" for note in notes))))


def _missing(parts: Verdicts, progress: Progress) -> str | None:
    """The first part that stands in the way."""
    if not parts[KAFKA_READY].holds:
        return KAFKA_READY
    if not (progress.prepared and progress.rolled_out):
        return WORKERS_READY
    if not progress.model_rolled_out:
        return MODEL_READY
    if progress.paused or progress.workers_ready:
        return None
    if progress.workers_wanted or not parts[WORKERS_READY].holds:
        return WORKERS_READY
    return None if parts[SCALER_READY].holds else SCALER_READY


def _because(kind: str, parts: Verdicts) -> Verdict:
    part = parts[kind]
    if part.holds:  # it is about what runs now, which is not yet what the spec asks for
        return no(Reason.APPLYING, "what the spec asks for is being applied")
    return no(part.reason, f"{kind}: {part.message}")


def _reconciling(ready: Verdict, parts: Verdicts, progress: Progress) -> Verdict:
    if progress.obstacle:
        return yes(*progress.obstacle)
    if not progress.prepared:
        return yes(Reason.PREPARING, parts[KAFKA_READY].message)
    if not (progress.rolled_out and progress.model_rolled_out):
        return yes(Reason.ROLLING_OUT, parts[WORKERS_READY].message)
    waits = next((part for part in _false(parts) if part.reason.tone is Tone.WAITING), None)
    if waits and not ready.holds:
        return yes(waits.reason, waits.message)
    return no(Reason.SETTLED, "everything is as the spec asks")


def _false(parts: Verdicts) -> Iterator[Verdict]:
    return (parts[kind] for kind in parts if not parts[kind].holds)
