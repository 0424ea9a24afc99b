"""What a pre-flight that ended found: its one JSON line, from its pod's termination message. Pure.

Whatever the line holds, it ends in an `Outcome`: a newer worker may know reasons that this operator does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from penstock_operator.api.base import Items
from penstock_operator.api.status import StatusPart
from penstock_operator.decision.prepare_jobs import PrepareJob
from penstock_operator.decision.texts import MAX_MESSAGE_BYTES, cut
from penstock_operator.decision.times import parse_time
from penstock_operator.observed import Manifest
from penstock_operator.reasons import KNOWN, WORKER_EXITS, AnyReason, Reason, WorkerReason

POD_SEEN_WITHIN_SECONDS: Final = 10
"""Job and pod are watched apart: a Job may be seen to end before its pod is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    reason: AnyReason
    message: str
    input_partitions: int | None = None
    subscribed_at: str | None = None

    @property
    def passed(self) -> bool:
        return self.reason is Reason.PREPARED


class _Line(StatusPart):
    model_config = ConfigDict(extra="ignore", strict=True, alias_generator=to_camel)

    reason: str
    message: str = ""
    input_partitions: Annotated[int, Field(ge=0)] | None = None
    subscribed_at: str | None = None
    warnings: Items[str] = ()
    skipped: Items[str] = ()


def outcome_of(job: PrepareJob, pods: Iterable[Manifest], now: datetime) -> Outcome | None:
    """None while the Job runs, or its pod has not been seen to end and may still be."""
    if job.ended_at is None:
        return None
    ends = [end for pod in pods if _belongs(pod, job) for end in [_terminated(pod)] if end]
    if not ends and not job.timed_out and now - job.ended_at < timedelta(seconds=POD_SEEN_WITHIN_SECONDS):
        return None
    return _outcome(job, ends[0] if ends else {})


def _outcome(job: PrepareJob, end: Manifest) -> Outcome:
    line = _parsed(end.get("message"))
    if job.succeeded:
        return _told(line, Reason.PREPARED) if line else Outcome(Reason.PREPARED, "the pre-flight passed")
    if line and isinstance(KNOWN.get(line.reason), WorkerReason):
        return _told(line, KNOWN[line.reason])
    if job.timed_out:
        return Outcome(Reason.PREPARE_TIMED_OUT, f"Job {job.name} did not end within its deadline")
    by_exit = WORKER_EXITS.get(end.get("exitCode", 0))
    if by_exit:
        return Outcome(by_exit, f"Job {job.name} ended with exit code {by_exit.exit_code} and no result")
    return Outcome(Reason.PREPARE_FAILED, _without_result(job, end, line))


def _without_result(job: PrepareJob, end: Manifest, line: _Line | None) -> str:
    if line:
        return f"Job {job.name} ended with a reason that this operator does not know: {cut(line.reason, 64)}"
    if not end:
        return f"Job {job.name} failed and left no pod to ask"
    reason = cut(str(end.get("reason") or "Error"), 64)
    return f"Job {job.name} ended without a result: {reason}, exit code {end.get('exitCode')}"


def _told(line: _Line, reason: AnyReason) -> Outcome:
    notes = [line.message, *line.warnings, *(f"not checked: {note}" for note in line.skipped)]
    return Outcome(
        reason,
        cut("; ".join(note for note in notes if note), MAX_MESSAGE_BYTES * 3 // 4),
        line.input_partitions,
        line.subscribed_at if parse_time(line.subscribed_at) else None,
    )


def _parsed(message: object) -> _Line | None:
    if not isinstance(message, str):
        return None
    try:
        return _Line.model_validate_json(message)
    except ValidationError:
        return None


def _belongs(pod: Manifest, job: PrepareJob) -> bool:
    labels = pod["metadata"].get("labels") or {}
    return job.name in (labels.get("batch.kubernetes.io/job-name"), labels.get("job-name"))


def _terminated(pod: Manifest) -> Manifest:
    containers = (pod.get("status") or {}).get("containerStatuses") or ()
    ends = ((each.get("state") or {}).get("terminated") for each in containers)
    return next((end for end in ends if end), {})
