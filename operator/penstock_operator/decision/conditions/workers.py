"""`WorkersReady`: rolled out, and as many ready as are wanted; else why, in the pods' own words. Pure."""

from dataclasses import dataclass

from penstock_operator.decision.conditions.verdict import Verdict, no, unknown, yes
from penstock_operator.decision.pod_troubles import Trouble
from penstock_operator.decision.texts import quoted
from penstock_operator.decision.workers import Rollout
from penstock_operator.reasons import AnyReason, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersSeen:
    """`rollout` is None where there is no Deployment. `prepared`: there is a Kafka revision to run on."""

    rollout: Rollout | None
    rolled_out: bool
    prepared: bool
    paused: bool
    verified: bool
    trouble: Trouble | None


def workers_ready(seen: WorkersSeen) -> Verdict:
    rollout = seen.rollout
    if rollout is None:
        return _without_deployment(seen)
    if rollout.wanted == 0 and seen.rolled_out:
        return _at_zero(seen)
    counts = f"{rollout.ready} of {rollout.wanted} ready"
    if seen.rolled_out and 0 < rollout.wanted <= rollout.ready:
        return yes(Reason.WORKERS_AVAILABLE, counts)
    reason, why = _why_not(seen, rollout)
    return no(reason, f"{counts}; {why}")


def _why_not(seen: WorkersSeen, rollout: Rollout) -> tuple[AnyReason, str]:
    """What needs somebody's hand goes before what will pass."""
    if seen.trouble:
        return seen.trouble.reason, seen.trouble.message
    if rollout.refusal:
        return Reason.PODS_REFUSED, quoted(rollout.refusal)
    if rollout.deadline_exceeded:
        return Reason.ROLLOUT_STUCK, "new pods did not become ready in time"
    if not seen.rolled_out:
        return Reason.ROLLING_OUT, "pods of the new template are not all there yet"
    if not seen.verified:
        return Reason.NOT_YET_VERIFIED, "one worker has to become ready before the first scale to zero"
    return Reason.STARTING, "pods start, and none of them tells of a problem"


def _without_deployment(seen: WorkersSeen) -> Verdict:
    if not seen.prepared:
        return no(Reason.AWAITING_KAFKA, "no worker is started before the first pre-flight passed; see KafkaReady")
    if seen.paused:
        return yes(Reason.PAUSED, "spec.paused is true: no worker runs")
    return unknown(Reason.APPLYING, "the workers' Deployment is being made")


def _at_zero(seen: WorkersSeen) -> Verdict:
    if seen.paused:
        return yes(Reason.PAUSED, "spec.paused is true: no worker runs")
    if not seen.verified:
        return no(Reason.NOT_YET_VERIFIED, "0 of 0 ready; one worker has to become ready before the scale to zero")
    return yes(Reason.SCALED_TO_ZERO, "no worker is wanted now")
