"""What the status says, and what it does not say twice."""

from dataclasses import replace
from typing import Any

import pytest

from penstock_operator.api.status import Status
from penstock_operator.decision.conditions.model import ModelSeen, model_ready
from penstock_operator.decision.conditions.transitions import conditions, events
from penstock_operator.decision.conditions.verdict import Verdict, no, unknown, yes
from penstock_operator.decision.workers import Rollout, rolled_out
from penstock_operator.observed import NoReport, WorkerReport
from penstock_operator.reasons import Reason
from support.custom_resources.documents import with_spec
from support.simulated.api_server import START
from support.simulated.world import OPTIONS, World

CLOSED = WorkerReport("Closed", None, "Writable")
WORKER = {"metadata": {"name": "p"}, "status": {"containerStatuses": [{"name": "model", "ready": True}]}}
STARTING = {"metadata": {"name": "p"}, "status": {"containerStatuses": [{"name": "model", "ready": False}]}}
SERVICE = Rollout(
    revision="r",
    wanted=1,
    ready=1,
    settled=True,
    uniform=True,
    available=True,
    deadline_exceeded=False,
    refusal="",
)
BEFORE = yes(Reason.MODEL_AVAILABLE, "as before")


def seen(**given: Any) -> ModelSeen:
    whole: dict[str, Any] = {
        "placement": "Sidecar",
        "paused": False,
        "at_zero": False,
        "workers": [WORKER],
        "service": None,
        "trouble": None,
        "report": CLOSED,
        "before": None,
    }
    return ModelSeen(**whole | given)


@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        (seen(), "True", "ModelAvailable"),
        (seen(workers=[STARTING]), "False", "Starting"),
        (seen(report=WorkerReport("Open", "ModelDown", "Writable")), "False", "ModelDown"),
        (seen(report=WorkerReport("HalfOpen", "ModelMisconfigured", "Writable")), "False", "ModelMisconfigured"),
        (seen(report=WorkerReport("Open", "OfANewerWorker", "Writable")), "False", "ModelDown"),
        (seen(report=NoReport.NO_ANSWER), "Unknown", "NotObserved"),
        (seen(report=NoReport.NOT_ASKED), "Unknown", "NotObserved"),
        (seen(report=NoReport.NOT_ASKED, before=BEFORE), "True", "ModelAvailable"),
        (seen(workers=[]), "Unknown", "NotObserved"),
        (seen(workers=[], at_zero=True), "Unknown", "ScaledToZero"),
        (seen(workers=[], paused=True), "Unknown", "Paused"),
        (seen(placement="External", workers=[STARTING]), "True", "ModelAvailable"),
        (seen(placement="Service"), "False", "Starting"),
        (seen(placement="Service", service=replace(SERVICE, available=False)), "False", "Starting"),
        (seen(placement="Service", service=SERVICE), "True", "ModelAvailable"),
        (seen(placement="Service", service=SERVICE, workers=[], at_zero=True), "True", "ModelAvailable"),
    ],
)
def test_the_model_is_judged_by_its_pods_and_by_what_workers_say(given: ModelSeen, status: str, reason: str) -> None:
    verdict = model_ready(given)
    assert (verdict.status, verdict.reason.text) == (status, reason)


@pytest.mark.parametrize(
    ("rollout", "expected"),
    [
        (SERVICE, True),
        (replace(SERVICE, revision="before"), False),
        (replace(SERVICE, uniform=False), False),
        (replace(SERVICE, settled=False), True),
    ],
)
def test_a_rollout_is_over_when_every_pod_is_of_the_revision(rollout: Rollout, expected: bool) -> None:
    assert rolled_out(rollout, "r", "r") is expected


def test_what_a_controller_has_not_looked_at_is_no_rollout_that_is_over() -> None:
    assert not rolled_out(replace(SERVICE, settled=False), "r", "the one before")


def test_a_time_moves_with_the_status_alone() -> None:
    world = World(with_spec({}))
    world.settle(quiet_seconds=10)
    before = world.condition("KafkaReady")
    world.api.pass_time(86_400)
    world.touch()
    world.run(20)
    after = world.condition("KafkaReady")
    assert after["lastTransitionTime"] == before["lastTransitionTime"]
    assert after["message"] != before["message"]


def written(*types: str) -> dict[str, Any]:
    made: list[Any] = [
        {"type": kind, "status": "True", "reason": "Ready", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        for kind in types
    ]
    return {"conditions": made}


def test_conditions_of_others_are_left_there() -> None:
    world = World(with_spec({}))
    world.resource["status"] = written("Ready", "acme.example/Approved")
    world.one_pass()
    assert world.condition("acme.example/Approved")["status"] == "True"


@pytest.mark.parametrize("status", [None, [], "x", {"conditions": "x"}, {"kafka": {"prepare": {"attempt": -1}}}])
def test_a_status_that_cannot_be_read_is_written_anew(status: Any) -> None:
    world = World(with_spec({}))
    world.resource["status"] = status
    decision = world.decide(world.observed(), world.options)
    assert decision.status["conditions"][0]["type"] == "Ready"


def test_metadata_of_a_later_kubernetes_is_no_error() -> None:
    world = World(with_spec({}))
    world.resource["metadata"]["addedLater"] = {"by": "kubernetes"}
    world.settle(quiet_seconds=10)
    assert world.reason("Ready") == ("True", "Ready")


def test_a_spec_that_cannot_be_read_names_the_field_and_leaves_everything_as_it_is() -> None:
    world = World(with_spec({}))
    world.settle(quiet_seconds=10)
    before = {key: str(live) for key, live in world.api.objects.items()}
    world.edit_spec({"delivery": {"concurrency": "many"}})
    world.run(60)
    assert world.reason("Ready") == ("False", "InvalidSpec")
    assert world.reason("Stalled") == ("True", "InvalidSpec")
    assert "spec.delivery.concurrency" in world.condition("Stalled")["message"]
    assert world.condition("Stalled")["observedGeneration"] == 2
    assert world.reason("WorkersReady") == ("True", "WorkersAvailable")
    assert {key: str(live) for key, live in world.api.objects.items()} == before
    world.edit_spec({"delivery": None})
    world.settle(quiet_seconds=10)
    assert world.reason("Ready") == ("True", "Ready")
    assert world.reason("Stalled") == ("False", "NotStalled")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (replace(OPTIONS, allowed_bootstrap_servers=(r"kafka\.prod:\d+",)), "spec.kafka.bootstrapServers[0]"),
        (replace(OPTIONS, allowed_images=(r"registry\.example/team/.*",)), "spec.model.image"),
        (replace(OPTIONS, allowed_images=(r"registry\.example/fraud",)), "spec.model.image"),
    ],
)
def test_what_the_administrator_does_not_allow_is_not_started(options: Any, field: str) -> None:
    world = World(with_spec({}), options=options)
    world.run(10)
    assert world.reason("Stalled") == ("True", "PolicyDenied")
    assert field in world.condition("Stalled")["message"]
    assert not world.api.objects


def test_what_the_administrator_allows_is_matched_as_a_whole() -> None:
    options = replace(OPTIONS, allowed_images=("nothing", r"registry\.example/fraud:.*"))
    world = World(with_spec({}), options=options)
    world.settle(quiet_seconds=10)
    assert world.reason("Ready") == ("True", "Ready")


def test_a_doubt_about_the_spec_is_told_beside_ready() -> None:
    world = World(with_spec({"scaling": {"lagThreshold": 10}}))
    world.settle(quiet_seconds=10)
    assert "spec.scaling.lagThreshold" in world.condition("Ready")["message"]
    assert world.reason("Ready") == ("True", "Ready")


def test_output_that_cannot_be_written_is_kafka_s() -> None:
    world = World(with_spec({}))
    world.settle(quiet_seconds=10)
    world.report = WorkerReport("Closed", None, "OutputUnwritable")
    world.touch()
    world.run(1)
    assert world.reason("KafkaReady") == ("False", "OutputUnwritable")


def verdicts(**changed: Verdict) -> dict[str, Verdict]:
    return {"KafkaReady": yes(Reason.PREPARED, "fine"), "Ready": yes(Reason.READY, "fine")} | changed


def told(new: dict[str, Verdict], old: dict[str, Verdict]) -> list[tuple[str, str]]:
    before = Status.model_validate({"conditions": conditions(old, [], generation=1, now=START)})
    return [(event.type, event.reason) for event in events(new, before.conditions)]


def test_an_event_tells_of_a_transition_and_of_nothing_else() -> None:
    assert told(verdicts(), verdicts()) == []
    assert told(verdicts(KafkaReady=yes(Reason.PREPARED, "another text")), verdicts()) == []
    assert told(verdicts(KafkaReady=unknown(Reason.PREPARING, "")), verdicts()) == []
    assert told(verdicts(), verdicts(KafkaReady=unknown(Reason.PREPARING, ""))) == []
    assert told(verdicts(), verdicts(KafkaReady=no(Reason.OUTPUT_UNWRITABLE, ""))) == [("Normal", "Prepared")]
    assert told(verdicts(), verdicts(Ready=no(Reason.STARTING, ""))) == [("Normal", "Ready")]


def test_a_sum_does_not_repeat_the_event_of_its_part() -> None:
    down = no(Reason.OUTPUT_UNWRITABLE, "")
    assert told(verdicts(KafkaReady=down, Ready=down), verdicts()) == [("Warning", "OutputUnwritable")]
    assert told(verdicts(Ready=no(Reason.CONFLICT, "")), verdicts()) == [("Warning", "Conflict")]


def test_no_event_is_told_while_a_resource_comes_up_but_of_what_it_reached() -> None:
    world = World(with_spec({}))
    world.settle(quiet_seconds=10)
    assert [(event.type, event.reason) for event in world.events] == [
        ("Normal", "RevisionActivated"),
        ("Normal", "Ready"),
    ]
