"""What is to be written in one pass, in order: children, then replicas, then what may go. Pure."""

from collections.abc import Iterator
from typing import Final

from penstock_operator import defaults
from penstock_operator.decision import pods
from penstock_operator.decision.garbage import Leftovers, jobs_to_delete, to_delete
from penstock_operator.decision.pass_facts import PassFacts
from penstock_operator.decision.replicas import wanted_replicas
from penstock_operator.observed import Action, ChildKey, Delete, Scale

_KEDAS: Final = frozenset({"ScaledObject", "TriggerAuthentication"})


def actions_of(seen: PassFacts) -> list[Action]:
    return [*seen.plan.applies, *_scales(seen), *_deletes(seen)]


def _scales(seen: PassFacts) -> Iterator[Scale]:
    """Only what is there and ours: what has the name of a Deployment that is yet to be made may be somebody else's."""
    facts, model = seen.facts, seen.facts.deployment.spec.model
    if facts.rollout:
        wanted = wanted_replicas(
            facts.deployment.spec.scaling,
            facts.rollout.wanted,
            paused=facts.paused,
            coming_up=seen.workers.revision != facts.workers_status.rolled_out,
            scaler_there=facts.scaled_object is not None,
            keda_present=facts.observed.keda_present,
        )
        yield from _scale(facts.worker_key, facts.rollout.wanted, wanted)
    if facts.model_key in seen.wanted and facts.model_rollout:
        yield from _scale(facts.model_key, facts.model_rollout.wanted, defaults.model_replicas(model))


def _scale(key: ChildKey, current: int, wanted: int) -> Iterator[Scale]:
    if current != wanted:
        yield Scale(key.name, wanted)


def _deletes(seen: PassFacts) -> Iterator[Delete]:
    facts = seen.facts
    yield from jobs_to_delete(facts.jobs, seen.preparation.stale)
    scaler = facts.ours.get(facts.scaler_key)
    if scaler and facts.observed.keda_present and facts.deployment.spec.scaling.mode == "Fixed":
        yield Delete(facts.scaler_key, scaler["metadata"]["uid"])
    yield from to_delete(_leftovers(seen))


def _leftovers(seen: PassFacts) -> Leftovers:
    facts, keda = seen.facts, seen.facts.observed.keda_present
    running = {job.name for job in facts.jobs if job.running}
    return Leftovers(
        ours={key: child for key, child in facts.ours.items() if keda or key.kind not in _KEDAS},
        wanted=frozenset(seen.wanted),
        mounting=[
            *(pod for pod in facts.observed.pods if pods.is_live(pod)),
            *(child for key, child in facts.ours.items() if key.kind == "Deployment" or key.name in running),
        ],
        owner_name=facts.owner.name,
        rolled_out=seen.rolled_out or facts.worker_key not in facts.live,
    )
