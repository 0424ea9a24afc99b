"""The verdicts of one pass: each condition's facts, handed to its file. Pure."""

from collections.abc import Iterable, Mapping

from penstock_operator import defaults
from penstock_operator.api.status import Condition
from penstock_operator.decision import pods
from penstock_operator.decision.conditions.kafka import kafka_ready
from penstock_operator.decision.conditions.model import ModelSeen, model_ready
from penstock_operator.decision.conditions.ready import Progress, summed_up
from penstock_operator.decision.conditions.scaler import fixed_scaler, lag_scaler
from penstock_operator.decision.conditions.verdict import (
    KAFKA_READY,
    MODEL_READY,
    SCALER_READY,
    WORKERS_READY,
    Verdict,
    Verdicts,
    as_before,
)
from penstock_operator.decision.conditions.workers import WorkersSeen, workers_ready
from penstock_operator.decision.facts import Facts
from penstock_operator.decision.ownership import Ownership
from penstock_operator.decision.pass_facts import PassFacts
from penstock_operator.decision.pod_troubles import Troubles, troubles_of
from penstock_operator.decision.spec_warnings import spec_warnings
from penstock_operator.observed import ChildKey
from penstock_operator.reasons import AnyReason, Reason

_OPTIONAL: frozenset[str] = frozenset({"PodMonitor"})
"""Kinds that are no part of what a resource promises."""


def verdicts_of(seen: PassFacts) -> tuple[Verdicts, list[Troubles]]:
    """And the pods' troubles, since some of them become such by time alone."""
    facts = seen.facts
    troubles = {
        component: troubles_of(pods.of_component(facts.observed.pods, component), facts.observed.now)
        for component in ("worker", "model", "prepare")
    }
    parts = {
        KAFKA_READY: kafka_ready(
            seen.preparation.revisions,
            seen.preparation.kafka,
            facts.observed.worker_report,
            prepare_trouble=troubles["prepare"].worst if seen.preparation.running else None,
            before=_before(facts, KAFKA_READY),
        ),
        MODEL_READY: _model(seen, troubles),
        WORKERS_READY: _workers(seen, troubles["worker"]),
        SCALER_READY: _scaler(facts),
    }
    return summed_up(parts, _progress(seen)), list(troubles.values())


def _model(seen: PassFacts, troubles: Mapping[str, Troubles]) -> Verdict:
    facts = seen.facts
    placement = defaults.placement(facts.deployment.spec.model)
    return model_ready(
        ModelSeen(
            placement=placement,
            paused=facts.paused,
            at_zero=facts.rollout is not None and facts.rollout.wanted == 0,
            workers=[pod for pod in pods.of_component(facts.observed.pods, "worker") if pods.is_live(pod)],
            service=facts.model_rollout,
            trouble=troubles["model" if placement == "Service" else "worker"].worst,
            report=facts.observed.worker_report,
            before=_before(facts, MODEL_READY),
        )
    )


def _workers(seen: PassFacts, troubles: Troubles) -> Verdict:
    return workers_ready(
        WorkersSeen(
            rollout=seen.facts.rollout,
            rolled_out=seen.rolled_out,
            prepared=seen.preparation.revisions.active_hash is not None,
            paused=seen.facts.paused,
            verified=seen.verified,
            trouble=troubles.worst,
        )
    )


def _scaler(facts: Facts) -> Verdict:
    if facts.deployment.spec.scaling.mode == "Fixed":
        return fixed_scaler(facts.scaled_object, facts.observed.now)
    return lag_scaler(
        facts.scaled_object,
        keda_present=facts.observed.keda_present,
        has_workers=facts.rollout is not None,
        paused=facts.paused,
        before=_before(facts, SCALER_READY),
    )


def _before(facts: Facts, kind: str) -> Verdict | None:
    known: dict[str, Condition] = {condition.type: condition for condition in facts.status.conditions}
    return as_before(known, kind)


def _progress(seen: PassFacts) -> Progress:
    rollout, kafka = seen.facts.rollout, seen.preparation.kafka
    return Progress(
        obstacle=_obstacle(seen),
        prepared=seen.preparation.revisions.candidate is None,
        rolled_out=seen.rolled_out,
        model_rolled_out=seen.model_rolled_out,
        paused=seen.facts.paused,
        workers_ready=rollout.ready if rollout else 0,
        workers_wanted=rollout.wanted if rollout else 0,
        notes=spec_warnings(seen.facts.deployment, input_partitions=kafka.input_partitions),
    )


def _obstacle(seen: PassFacts) -> tuple[AnyReason, str] | None:
    """What somebody has to clear away goes before what goes by itself."""
    foreign = _first(key for key, whose in seen.plan.obstacles.items() if whose is Ownership.FOREIGN)
    if foreign:
        return Reason.CONFLICT, f"{foreign} belongs to somebody else; rename or delete it, or rename this resource"
    refused = _first(seen.refusals)
    if refused:
        return Reason.CHILD_REFUSED, f"{refused}: {seen.refusals[refused]}"
    going = _first(seen.plan.obstacles)
    return (
        (Reason.CHILD_TERMINATING, f"{going} is being deleted and has to go before it is made anew") if going else None
    )


def _first(keys: Iterable[ChildKey]) -> ChildKey | None:
    return min((key for key in keys if key.kind not in _OPTIONAL), default=None)
