"""The simulated cluster catches an operator that breaks a promise: each mutant here is red in it."""

from collections.abc import Callable
from typing import Any

import pytest

from penstock_operator.decision import actions, decide, facts, judgement, plan, preparation, revisions
from penstock_operator.decision.conditions import transitions
from penstock_operator.decision.conditions.verdict import yes
from penstock_operator.decision.ownership import Ownership
from penstock_operator.decision.times import format_time
from penstock_operator.observed import ChildKey, Delete
from penstock_operator.reasons import Reason, WorkerReason
from support.custom_resources.documents import with_spec
from support.simulated.world import World


def history() -> World:
    """A bit of everything."""
    world = World(with_spec({"scaling": {"minReplicas": 0, "cooldownPeriodSeconds": 20}}))
    world.plant(ChildKey("PodDisruptionBudget", "fraud-worker"))
    world.knobs.preflight = WorkerReason.BROKERS_UNREACHABLE
    world.run(30)
    world.knobs.preflight = None
    world.run(60)
    assert world.worker_key in world.api.objects, "stands still"
    world.knobs.broken_images.add("registry.example/broken:1")
    world.edit_spec({"model": {"image": "registry.example/broken:1"}, "kafka": {"topics": {"output": "elsewhere"}}})
    world.run(30)
    world.clear()
    world.edit_spec({"model": {"image": "registry.example/fraud:3"}, "scaling": {"mode": "Fixed", "minReplicas": None}})
    world.settle(quiet_seconds=70, at_most_seconds=300)
    assert world.reason("Ready") == ("True", "Ready")
    assert sorted(key.kind for key in world.api.objects).count("ConfigMap") == 2
    return world


def everything_unwanted(left: Any) -> list[Delete]:
    unwanted = {key: child for key, child in left.ours.items() if key not in left.wanted and key.kind != "Job"}
    return [Delete(key, child["metadata"]["uid"]) for key, child in unwanted.items()]


def always(answer: Any) -> Callable[..., Any]:
    return lambda *_, **__: answer


def moving_times(kind: str, verdict: Any, before: Any, generation: Any, now: Any) -> dict[str, Any]:
    made = {"type": kind, "status": verdict.status, "reason": verdict.reason.text, "message": verdict.message}
    return {**made, "lastTransitionTime": format_time(now), "observedGeneration": generation}


MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "takes every object for its own": (facts, "ownership_of", always(Ownership.OURS)),
    "deletes what pods still mount": (actions, "to_delete", everything_unwanted),
    "never deletes": (actions, "to_delete", always([])),
    "trusts settings before their pre-flight": (preparation, "activates", always(True)),
    "forgets to act on a pre-flight": (preparation, "activates", always(False)),
    "writes what is there already": (plan, "is_current", always(False)),
    "never repairs": (plan, "is_current", always(True)),
    "scales what KEDA scales": (actions, "wanted_replicas", lambda _, current, **__: 1 + current % 2),
    "never looks again": (decide, "_waits", always(())),
    "renews without a break": (revisions, "_renew_at", lambda checked_at, *_: checked_at),
    "moves times at every pass": (transitions, "_condition", moving_times),
}


def test_the_history_is_green_for_the_operator_itself() -> None:
    history()


@pytest.mark.parametrize("mutant", MUTANTS)
def test_it_is_red_for_an_operator_that(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, change = MUTANTS[mutant]
    monkeypatch.setattr(module, name, change)
    with pytest.raises(AssertionError):
        history()


def test_it_is_red_for_an_operator_that_is_ready_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = judgement.verdicts_of

    def ready(seen: Any) -> Any:
        verdicts, troubles = judge(seen)
        return {**verdicts, "Ready": yes(Reason.READY, "")}, troubles

    monkeypatch.setattr(decide, "verdicts_of", ready)
    with pytest.raises(AssertionError, match="Ready without"):
        history()
