"""A pod's status, to the reason that a user reads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock_operator.decision.pod_troubles import LISTENS_WITHIN_SECONDS, STARTS_WITHIN_SECONDS, troubles_of
from penstock_operator.decision.pods import pod_to_ask
from penstock_operator.decision.times import format_time
from penstock_operator.observed import PodAddress

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LONG_AGO = format_time(NOW - timedelta(hours=1))
JUST_NOW = format_time(NOW - timedelta(seconds=5))
SECRET = "s3cret"


def pod(*containers: dict[str, Any], phase: str = "Pending", **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "labels": {"app.kubernetes.io/component": "worker"}},
        "status": {"phase": phase, "containerStatuses": list(containers), **status},
    }


def waiting(reason: str, message: str = "", name: str = "bridge", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": "i", "state": {"waiting": {"reason": reason, "message": message}}, **more}


def running(name: str = "bridge", since: str = LONG_AGO, **more: Any) -> dict[str, Any]:
    return {"name": name, "ready": False, "state": {"running": {"startedAt": since}}, **more}


def ended(code: int, reason: str = "Error") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "message": SECRET}}


def unschedulable(message: str) -> dict[str, Any]:
    return {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}


SCHEDULED = {"type": "PodScheduled", "status": "True", "lastTransitionTime": LONG_AGO}

CASES: dict[str, tuple[dict[str, Any], str | None]] = {
    "image not there": (pod(waiting("ErrImagePull", "not found")), "ImagePullBackOff"),
    "image not there, waiting": (pod(waiting("ImagePullBackOff", "Back-off")), "ImagePullBackOff"),
    "root image": (
        pod(waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root", "model")),
        "ModelImageRunsAsRoot",
    ),
    "user by name": (
        pod(waiting("CreateContainerConfigError", "container has runAsNonRoot and image has non-numeric user (app)")),
        "ModelImageRunsAsRoot",
    ),
    "secret of the model": (pod(waiting("CreateContainerConfigError", 'secret "x" not found')), "SecretMissing"),
    "key of a secret": (
        pod(waiting("CreateContainerConfigError", "couldn't find key k in Secret payments/x")),
        "SecretMissing",
    ),
    "config map": (pod(waiting("CreateContainerConfigError", 'configmap "x" not found')), "ContainerConfigError"),
    "crash": (pod(waiting("CrashLoopBackOff", name="model", lastState=ended(3))), "CrashLooping"),
    "crash of a worker, as it names it": (pod(waiting("CrashLoopBackOff", lastState=ended(11))), "WorkerTooOld"),
    "a model's exit code means nothing to us": (
        pod(waiting("CrashLoopBackOff", name="model", lastState=ended(11))),
        "CrashLooping",
    ),
    "between two crashes": (pod(running(lastState=ended(1)), phase="Running"), "CrashLooping"),
    "a pre-flight that ended": (pod({"name": "prepare", "state": ended(3)}), None),
    "recovered": (pod(running(lastState=ended(3)) | {"ready": True}, phase="Running"), None),
    "drained and started again": (pod(running(lastState=ended(0)), phase="Running"), None),
    "memory": (pod(running("model", lastState=ended(137, "OOMKilled")), phase="Running"), "OutOfMemory"),
    "never listens": (pod(running("model", started=False)), "ModelNotListening"),
    "just started": (pod(running("model", JUST_NOW, started=False)), None),
    "never listened, killed": (
        pod(running("model", JUST_NOW, started=False, lastState=ended(137))),
        "ModelNotListening",
    ),
    "no node": (pod(conditions=[unschedulable("0/3 nodes")]), "Unschedulable"),
    "no container": (pod(waiting("ContainerCreating"), conditions=[SCHEDULED]), "PodNotStarted"),
    "waits for the model beside it": (
        pod(waiting("PodInitializing"), running("model", since=JUST_NOW, started=False), conditions=[SCHEDULED]),
        None,
    ),
    "all well": (pod(running() | {"ready": True}, phase="Running", conditions=[SCHEDULED]), None),
    "no status yet": ({"metadata": {"name": "p"}}, None),
    "over": (pod(waiting("CrashLoopBackOff", lastState=ended(3)), phase="Failed"), None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_pod_tells_why_it_does_not_come_up(case: str) -> None:
    given, expected = CASES[case]
    worst = troubles_of([given], NOW).worst
    assert (worst.reason.text if worst else None) == expected
    assert SECRET not in (worst.message if worst else "")


def test_words_of_others_are_cut() -> None:
    worst = troubles_of([pod(conditions=[unschedulable("x" * 5000)])], NOW).worst
    assert worst
    assert len(worst.message) < 300


def test_the_two_texts_about_one_failed_pull_are_one_message() -> None:
    pods = pod(waiting("ErrImagePull", "rpc error")), pod(waiting("ImagePullBackOff", "Back-off pulling"))
    first, second = (troubles_of([each], NOW).worst for each in pods)
    assert first == second


def test_what_becomes_a_trouble_by_time_says_when() -> None:
    young = pod(running("model", JUST_NOW, started=False))
    assert troubles_of([young], NOW).next_at == NOW + timedelta(seconds=LISTENS_WITHIN_SECONDS - 5)
    stuck = pod(waiting("ContainerCreating"), conditions=[SCHEDULED | {"lastTransitionTime": JUST_NOW}])
    assert troubles_of([stuck], NOW).next_at == NOW + timedelta(seconds=STARTS_WITHIN_SECONDS - 5)


def address(name: str, *, ready: bool = True, ip: str = "10.0.0.1", **metadata: Any) -> dict[str, Any]:
    made = pod(running(), phase="Running", podIP=ip, conditions=[{"type": "Ready", "status": str(ready)}])
    made["metadata"] |= {"name": name, **metadata}
    return made


def test_a_worker_that_is_ready_is_asked_before_one_that_is_not() -> None:
    assert pod_to_ask([address("a", ready=False), address("b")]) == PodAddress("b", "10.0.0.1")
    assert pod_to_ask([address("a", ready=False)]) == PodAddress("a", "10.0.0.1")


def test_neither_a_pod_that_goes_nor_one_without_an_address_is_asked() -> None:
    assert pod_to_ask([address("a", deletionTimestamp=LONG_AGO), address("b", ip="")]) is None
    assert pod_to_ask([]) is None


def test_the_same_pod_is_asked_as_long_as_it_is_there() -> None:
    pods = [address("b"), address("a")]
    assert pod_to_ask(pods) == pod_to_ask(pods[::-1]) == PodAddress("a", "10.0.0.1")
