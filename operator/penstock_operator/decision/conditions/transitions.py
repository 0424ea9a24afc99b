"""Verdicts beside the conditions of an earlier pass: times that move only when something does, and events. Pure."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any, Final

from penstock_operator.api.status import Condition
from penstock_operator.decision.conditions.verdict import PARTS, READY, STALLED, TYPES, Verdict, Verdicts, as_before
from penstock_operator.decision.texts import MAX_MESSAGE_BYTES, cut
from penstock_operator.decision.times import format_time
from penstock_operator.observed import Event
from penstock_operator.reasons import AnyReason, Reason, Tone

MAX_CONDITIONS: Final = 16

_NO_NEWS: Final = frozenset({Reason.NOT_STALLED, *(reason for reason in Reason if reason.tone is Tone.WAITING)})


def conditions(
    verdicts: Verdicts, before: Sequence[Condition], *, generation: int | None, now: datetime
) -> list[dict[str, Any]]:
    """Ours in a fixed order, then whatever types others put there. One of ours without a verdict stays as it was."""
    known = {condition.type: condition for condition in before}
    ours = [
        _condition(kind, verdicts[kind], known.get(kind), generation, now) if kind in verdicts else _dumped(known[kind])
        for kind in TYPES
        if kind in verdicts or kind in known
    ]
    foreign = [_dumped(condition) for condition in before if condition.type not in TYPES]
    return (ours + foreign)[:MAX_CONDITIONS]


def events(verdicts: Verdicts, before: Sequence[Condition]) -> list[Event]:
    """For what became faulty or recovered, and for Ready. What passes by itself is no event; nor is a sum that repeats
    its part, or a part that came up as it should.
    """
    known = {condition.type: condition for condition in before}
    moved = [kind for kind in (*PARTS, STALLED, READY) if kind in verdicts and _moved(verdicts[kind], known, kind)]
    of_parts = {verdicts[kind].reason for kind in PARTS if kind in verdicts}
    told = [kind for kind in moved if _is_news(kind, verdicts[kind], as_before(known, kind), of_parts)]
    return _distinct([_event(kind, verdicts[kind]) for kind in told])


def _is_news(kind: str, verdict: Verdict, before: Verdict | None, of_parts: Set[AnyReason]) -> bool:
    if kind not in PARTS:
        return verdict.reason not in of_parts and verdict.reason not in _NO_NEWS
    if verdict.reason.tone is Tone.GOOD:
        return before is not None and before.reason.tone is Tone.FAULT
    return verdict.reason.tone is Tone.FAULT


def _condition(
    kind: str, verdict: Verdict, before: Condition | None, generation: int | None, now: datetime
) -> dict[str, Any]:
    same = before is not None and before.status == verdict.status
    condition = {
        "type": kind,
        "status": verdict.status,
        "reason": verdict.reason.text,
        "message": cut(verdict.message, MAX_MESSAGE_BYTES),
        "lastTransitionTime": before.last_transition_time if before is not None and same else format_time(now),
    }
    return condition if generation is None else {**condition, "observedGeneration": generation}


def _dumped(condition: Condition) -> dict[str, Any]:
    return condition.model_dump(mode="json", by_alias=True, exclude_none=True)


def _moved(verdict: Verdict, known: Mapping[str, Condition], kind: str) -> bool:
    before = known.get(kind)
    return before is None or (before.status, before.reason) != (verdict.status, verdict.reason.text)


def _event(kind: str, verdict: Verdict) -> Event:
    message = cut(f"{kind}: {verdict.message}", MAX_MESSAGE_BYTES)
    return Event("Normal" if verdict.reason.tone is Tone.GOOD else "Warning", verdict.reason.text, message)


def _distinct(found: Sequence[Event]) -> list[Event]:
    """One for each reason: Ready and Stalled fail for the same cause."""
    return list({event.reason: event for event in reversed(found)}.values())[::-1]
