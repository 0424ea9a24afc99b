"""The pre-flight's part of a pass: what to record of the one that ended, and which is to run. Pure."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from penstock_operator.api.status import KafkaStatus, PrepareStatus
from penstock_operator.decision.conditions.verdict import KAFKA_READY
from penstock_operator.decision.desired_jobs import new_job
from penstock_operator.decision.facts import Facts
from penstock_operator.decision.ownership import Ownership
from penstock_operator.decision.plan import Wish
from penstock_operator.decision.prepare_jobs import PrepareJob
from penstock_operator.decision.prepare_result import POD_SEEN_WITHIN_SECONDS, Outcome, outcome_of
from penstock_operator.decision.revisions import NextPrepare, Revisions, activates, next_prepare, recorded, unrecorded
from penstock_operator.reasons import KNOWN, OF_A_POD, Reason

LOST_AFTER_SECONDS: Final = 300
"""More than twice a Job's own deadline: somebody suspended it, or nobody runs Jobs."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """`kafka`: what the status is to say. `revisions`: as they are with it; `activated`: the next pass acts on that.

    `running`: the Job that is awaited; `stale`: those that nobody awaits any more. `job`: the one to start now.
    `look_again_seconds`: when time alone matters.
    """

    kafka: KafkaStatus
    revisions: Revisions
    activated: bool
    running: PrepareJob | None
    stale: tuple[PrepareJob, ...]
    job: Wish | None
    look_again_seconds: float | None


def preparation(facts: Facts) -> Preparation:
    kafka, ended = facts.kafka_status, unrecorded(facts.jobs, facts.kafka_status.prepare)
    outcome = outcome_of(ended, facts.observed.pods, facts.observed.now) if ended else None
    if ended and outcome:
        kafka = _with_outcome(facts, kafka, ended, outcome)
    activated = activates(kafka.prepare, facts.revisions.spec) and facts.revisions.candidate is not None
    if activated:
        kafka = kafka.model_copy(update={"active_revision": facts.revisions.spec.hash})
    kafka = _with_known(facts, kafka)
    if ended or activated:
        return Preparation(kafka, _after(facts, activated), activated, None, (), None, POD_SEEN_WITHIN_SECONDS)
    return _onward(facts, kafka)


def _onward(facts: Facts, kafka: KafkaStatus) -> Preparation:
    """Nothing ended: the one that runs is awaited, or another is started when it is due."""
    chosen = _chosen(facts)
    wanted = {chosen.revision.hash, facts.revisions.spec.hash}
    running = [job for job in facts.jobs if job.running]
    stale = tuple(job for job in running if job.revision not in wanted or _lost(facts, job))
    awaited = next((job for job in running if job not in stale), None)
    wait: float = LOST_AFTER_SECONDS
    if not (running or _any_going(facts)):
        wait = (chosen.due_at - facts.observed.now).total_seconds()
    job = new_job(facts, chosen) if wait <= 0 else None
    return Preparation(kafka, facts.revisions, False, awaited, stale, job, wait if wait > 0 else None)


def _chosen(facts: Facts) -> NextPrepare:
    return next_prepare(
        facts.revisions,
        facts.kafka_status,
        facts.jobs,
        worker_config=facts.worker_config.key.name,
        idle=facts.idle,
        renew_every_seconds=facts.options.renew_every_seconds,
        uid=facts.owner.uid,
        now=facts.observed.now,
    )


def _with_outcome(facts: Facts, kafka: KafkaStatus, ended: PrepareJob, outcome: Outcome) -> KafkaStatus:
    outcome = _explained(facts, outcome)
    record = recorded(ended, outcome, kafka.prepare)
    update: dict[str, object] = {"prepare": record}
    spec_passed = ended.revision == facts.revisions.spec.hash and outcome.passed
    if ended.revision == facts.revisions.active_hash and outcome.passed:
        update |= _found(record, outcome)
    elif spec_passed:
        update |= {"subscribed_at": None, "input_partitions": None, **_found(record, outcome)}
    return kafka.model_copy(update=update)


def _explained(facts: Facts, outcome: Outcome) -> Outcome:
    """A Job that ran out of time takes its pod with it; what was last said of that pod is why."""
    said = next((each for each in facts.status.conditions if each.type == KAFKA_READY), None)
    cause = KNOWN.get(said.reason) if said else None
    if outcome.reason is not Reason.PREPARE_TIMED_OUT or said is None or cause not in OF_A_POD:
        return outcome
    record = facts.kafka_status.prepare
    repeated = record is not None and record.reason == said.reason
    return replace(outcome, reason=cause, message=record.message if record and repeated else said.message)


def _found(record: PrepareStatus, outcome: Outcome) -> dict[str, object]:
    """What it did not tell stays as it was known."""
    told = {"subscribed_at": outcome.subscribed_at, "input_partitions": outcome.input_partitions}
    return {"checked_at": record.finished_at, **{name: value for name, value in told.items() if value is not None}}


def _with_known(facts: Facts, kafka: KafkaStatus) -> KafkaStatus:
    """Group and error topic are the active revision's: whose commits count, and where errors go."""
    revisions = facts.revisions
    active = kafka.active_revision or revisions.active_hash
    named = revisions.spec if active in (None, revisions.spec.hash) else revisions.active
    known = (
        {"consumer_group": named.settings.consumer_group, "error_topic": named.settings.topics.error} if named else {}
    )
    return kafka.model_copy(update={"active_revision": active, **known})


def _after(facts: Facts, activated: bool) -> Revisions:
    spec = facts.revisions.spec
    return replace(facts.revisions, active_hash=spec.hash, active=spec) if activated else facts.revisions


def _any_going(facts: Facts) -> bool:
    """Two at a time would meet in the consumer group."""
    return any(key.kind == "Job" and each.ownership is Ownership.GOING for key, each in facts.live.items())


def _lost(facts: Facts, job: PrepareJob) -> bool:
    age = facts.observed.now - job.created_at if job.created_at else timedelta()
    return age > timedelta(seconds=LOST_AFTER_SECONDS)
