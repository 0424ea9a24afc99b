"""The heart of the operator: what was observed, to what is to be done. Pure, level-triggered.

Each pass does all that is possible now; a watch, or the time asked for, brings the next. All that has to survive a pass
is in the children or in the status.
"""

from collections.abc import Iterator
from typing import Final

from penstock_operator.api.status import Status
from penstock_operator.decision import pods
from penstock_operator.decision.actions import actions_of
from penstock_operator.decision.conditions.ready import refused
from penstock_operator.decision.conditions.scaler import stuck_since
from penstock_operator.decision.conditions.transitions import conditions, events
from penstock_operator.decision.conditions.verdict import Verdicts
from penstock_operator.decision.desired import wishes
from penstock_operator.decision.desired_workers import is_verified, workers_of
from penstock_operator.decision.facts import Facts
from penstock_operator.decision.judgement import verdicts_of
from penstock_operator.decision.pass_facts import PassFacts, workers_status
from penstock_operator.decision.plan import plan
from penstock_operator.decision.pod_troubles import Troubles
from penstock_operator.decision.policy import denied_by_policy
from penstock_operator.decision.preparation import preparation
from penstock_operator.decision.reading import SpecUnreadable, read_deployment, read_status
from penstock_operator.decision.status_document import status_document
from penstock_operator.decision.texts import MAX_MESSAGE_BYTES, cut
from penstock_operator.observed import Decision, Event, Observed, Upgrade
from penstock_operator.options import Options
from penstock_operator.reasons import AnyReason, Reason

RECORDED_SECONDS: Final = 0.1
"""What is recorded in a status is acted on once it is there; no watch tells of our own write."""

OBSTACLE_SECONDS: Final = 60
"""Somebody else's object is not watched, and a refusal may have been lifted."""


def decide(observed: Observed, options: Options) -> Decision:
    """Nothing for a resource that is being deleted: the garbage collector takes what it owns."""
    if observed.resource["metadata"].get("deletionTimestamp"):
        return Decision((), observed.resource.get("status") or {}, (), None, None)
    status = read_status(observed.resource)
    try:
        deployment = read_deployment(observed.resource)
    except SpecUnreadable as unreadable:
        return _refused(observed, status, Reason.INVALID_SPEC, str(unreadable))
    denial = denied_by_policy(deployment, options)
    if denial:
        return _refused(observed, status, Reason.POLICY_DENIED, denial)
    return _decided(_look(Facts.gather(observed, options, deployment, status)))


def _refused(observed: Observed, status: Status, reason: AnyReason, message: str) -> Decision:
    """Children stay as they are, and so does what was said of them."""
    verdicts = refused(reason, message)
    generation = observed.resource["metadata"].get("generation")
    document = {
        **(observed.resource.get("status") or {}),
        "conditions": conditions(verdicts, status.conditions, generation=generation, now=observed.now),
        "observedGeneration": generation,
    }
    ask = pods.pod_to_ask(observed.pods)
    return Decision((), document, events(verdicts, status.conditions), None, ask)


def _look(facts: Facts) -> PassFacts:
    """All that verdicts and actions are made from."""
    prepared, workers = preparation(facts), workers_of(facts)
    verified = is_verified(facts, workers)
    wanted = list(wishes(facts, workers, prepared.job, verified=verified))
    return PassFacts(
        facts=facts,
        preparation=prepared,
        workers=workers,
        wanted={wish.key: wish for wish in wanted},
        plan=plan(wanted, facts.live),
        verified=verified,
    )


def _decided(seen: PassFacts) -> Decision:
    facts = seen.facts
    verdicts, troubles = verdicts_of(seen)
    return Decision(
        actions=actions_of(seen),
        status=status_document(
            facts.deployment,
            conditions(
                verdicts,
                facts.status.conditions,
                generation=facts.deployment.metadata.generation,
                now=facts.observed.now,
            ),
            replicas=facts.rollout.ready if facts.rollout else 0,
            kafka=seen.preparation.kafka,
            workers=workers_status(seen),
        ),
        events=_events(seen, verdicts),
        requeue_after_seconds=min(_waits(seen, troubles), default=None),
        ask_worker=pods.pod_to_ask(facts.observed.pods),
        upgrade=seen.workers.upgrade,
    )


def _events(seen: PassFacts, verdicts: Verdicts) -> list[Event]:
    told = events(verdicts, seen.facts.status.conditions)
    if not seen.preparation.activated:
        return told
    kafka, topics = seen.preparation.kafka, seen.facts.revisions.spec.settings.topics
    found = kafka.prepare.message if kafka.prepare else ""
    message = f"revision {kafka.active_revision}: {topics.input} to {topics.output}; {found}"
    return [Event("Normal", Reason.REVISION_ACTIVATED.text, cut(message, MAX_MESSAGE_BYTES)), *told]


def _waits(seen: PassFacts, troubles: list[Troubles]) -> Iterator[float]:
    facts, now = seen.facts, seen.facts.observed.now
    if (seen.preparation.kafka, workers_status(seen)) != (facts.kafka_status, facts.workers_status):
        yield RECORDED_SECONDS
    if seen.preparation.look_again_seconds is not None:
        yield max(0.0, seen.preparation.look_again_seconds)
    yield from ((each.next_at - now).total_seconds() for each in troubles if each.next_at)
    stuck_at = stuck_since(facts.scaled_object) if facts.scaled_object else None
    if stuck_at and stuck_at > now:
        yield (stuck_at - now).total_seconds()
    if seen.plan.obstacles or seen.refusals or seen.workers.upgrade is Upgrade.WAITING:
        yield OBSTACLE_SECONDS
