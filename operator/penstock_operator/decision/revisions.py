"""Which Kafka settings workers use, which are being checked, and when the next pre-flight is due. Pure.

The *active* revision is what workers and scaler are rendered from; it changes only when a pre-flight of what the spec
asks for has passed in mode `apply`, and that is in the status. Until then the spec's is the *candidate*. What is read
from a Job goes to the status first and is acted on in the next pass, so a deleted Job is never missed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from penstock_operator import names
from penstock_operator.api.status import KafkaStatus, PrepareStatus
from penstock_operator.decision.prepare_jobs import PrepareJob
from penstock_operator.decision.prepare_result import Outcome
from penstock_operator.decision.times import format_time, parse_time
from penstock_operator.observed import ChildKey, Manifest
from penstock_operator.reasons import Reason, WorkerReason
from penstock_operator.render.prepare_job import Mode
from penstock_operator.render.revision import KafkaRevision, RevisionUnreadable
from penstock_operator.render.worker_deployment import kafka_revision_of

FIRST_RETRY_SECONDS: Final = 5
LAST_RETRY_SECONDS: Final = 60
LAST_RETRY_SECONDS_FOR_A_SECRET: Final = 30
"""A Secret that was just created heals within a minute, the pre-flight's own time included."""


@dataclass(frozen=True, slots=True)
class Revisions:
    """`active_hash` without `active`: its ConfigMap is lost, and the spec asks for something else."""

    spec: KafkaRevision
    active_hash: str | None
    active: KafkaRevision | None

    @property
    def candidate(self) -> KafkaRevision | None:
        return self.spec if self.spec.hash != self.active_hash else None


@dataclass(frozen=True, slots=True)
class NextPrepare:
    revision: KafkaRevision
    attempt: int
    mode: Mode
    due_at: datetime


def revisions_of(
    spec: KafkaRevision, kafka: KafkaStatus, children: Mapping[ChildKey, Manifest], *, name: str
) -> Revisions:
    """`children`: ours alone."""
    active_hash = kafka.active_revision or _in_use(children, name)
    if active_hash is None or active_hash == spec.hash:
        return Revisions(spec, active_hash, spec if active_hash else None)
    return Revisions(spec, active_hash, _read_back(children, names.kafka_config(name, active_hash)))


def _in_use(children: Mapping[ChildKey, Manifest], name: str) -> str | None:
    """Where the status was lost the pods' template still tells."""
    deployment = children.get(ChildKey("Deployment", names.worker(name)))
    return kafka_revision_of(deployment) if deployment else None


def _read_back(children: Mapping[ChildKey, Manifest], config_map: str) -> KafkaRevision | None:
    live = children.get(ChildKey("ConfigMap", config_map))
    try:
        return KafkaRevision.of_config_map(live) if live else None
    except RevisionUnreadable:
        return None


def unrecorded(jobs: Sequence[PrepareJob], last: PrepareStatus | None) -> PrepareJob | None:
    """The Job that ended last, where the status does not have it yet."""
    ended = [(job.ended_at, job.attempt, job) for job in jobs if job.ended_at]
    if not ended:
        return None
    ended_at, _, job = max(ended, key=lambda each: each[:2])
    recorded_at = parse_time(last.finished_at) if last else None
    return job if recorded_at is None or ended_at > recorded_at else None


def recorded(job: PrepareJob, outcome: Outcome, last: PrepareStatus | None) -> PrepareStatus:
    """The status's record of a Job that ended."""
    before = last.failures if last and last.revision == job.revision else 0
    return PrepareStatus().model_copy(
        update={
            "revision": job.revision,
            "attempt": job.attempt,
            "mode": job.mode or None,
            "worker_config": job.worker_config or None,
            "reason": outcome.reason.text,
            "message": outcome.message,
            "finished_at": format_time(job.ended_at) if job.ended_at else None,
            "failures": 0 if outcome.passed else before + 1,
        }
    )


def passed(record: PrepareStatus | None, revision: str | None) -> bool:
    return record is not None and record.revision == revision and record.reason == Reason.PREPARED.text


def activates(record: PrepareStatus | None, spec: KafkaRevision) -> bool:
    return record is not None and passed(record, spec.hash) and record.mode == "apply"


def next_prepare(
    revisions: Revisions,
    kafka: KafkaStatus,
    jobs: Sequence[PrepareJob],
    *,
    worker_config: str,
    idle: bool,
    renew_every_seconds: float,
    uid: str,
    now: datetime,
) -> NextPrepare:
    """`idle`: no worker holds the group, so its commits have to be renewed.

    A renewal that is due goes before the candidate's next attempt: brokers expire the active group's commits whatever
    becomes of the candidate.
    """
    record, candidate, active = kafka.prepare, revisions.candidate, revisions.active
    checked_at = parse_time(kafka.checked_at)
    renew_at = _renew_at(checked_at, renew_every_seconds, uid) if checked_at else now
    renewal_first = idle and renew_at <= now and _had_a_pause(record, now)
    mode: Mode = "renew" if idle else "check"
    if candidate and not (active and renewal_first):
        revision, mode, due_at = candidate, "apply", _retry_at(record, candidate, worker_config, now)
    else:
        revision = active or revisions.spec
        due_at = _retry_at(record, revision, worker_config, now) if _failed_on(record, revision) else renew_at
    return NextPrepare(revision, _next_attempt(revision, record, jobs), mode, due_at)


def _had_a_pause(record: PrepareStatus | None, now: datetime) -> bool:
    """Keeps a renewal and a candidate that both fail from taking turns without a break."""
    finished_at = parse_time(record.finished_at) if record and record.failures else None
    return finished_at is None or now >= finished_at + timedelta(seconds=LAST_RETRY_SECONDS)


def _renew_at(checked_at: datetime, every_seconds: float, uid: str) -> datetime:
    """Spread over the last tenth of the interval, always at the same place for one resource."""
    place = int.from_bytes(hashlib.sha256(uid.encode()).digest()[:2]) / 0x10000
    return checked_at + timedelta(seconds=every_seconds * (0.9 + 0.1 * place))


def _failed_on(record: PrepareStatus | None, revision: KafkaRevision) -> bool:
    return record is not None and record.revision == revision.hash and record.failures > 0


def _retry_at(record: PrepareStatus | None, revision: KafkaRevision, worker_config: str, now: datetime) -> datetime:
    """At once where something that the pre-flight reads has changed since the last attempt."""
    if record is None or record.revision != revision.hash or record.worker_config != worker_config:
        return now
    finished_at = parse_time(record.finished_at)
    return now if finished_at is None else finished_at + timedelta(seconds=retry_delay_seconds(record))


def retry_delay_seconds(record: PrepareStatus) -> int:
    """5, 10, 20, … seconds, up to a minute."""
    secret = record.reason == WorkerReason.SECRET_MISSING.text
    last: int = LAST_RETRY_SECONDS_FOR_A_SECRET if secret else LAST_RETRY_SECONDS
    return min(last, FIRST_RETRY_SECONDS << min(max(record.failures - 1, 0), 10))


def _next_attempt(revision: KafkaRevision, record: PrepareStatus | None, jobs: Sequence[PrepareJob]) -> int:
    """Never the number of a Job that is there or is in the record; it begins anew after `MAX_ATTEMPT`."""
    used = [job.attempt for job in jobs if job.revision == revision.hash]
    if record is not None and record.revision == revision.hash:
        used.append(record.attempt or 0)
    return max(used, default=0) % names.MAX_ATTEMPT + 1
