"""The double of everything that is not the operator: it finishes what it is given, and then is still."""

import json
from typing import Any

from scale.double.controllers import Create, Delete, Say, accept_scaled_object, finish_job, roll_out

NOW = "2026-11-21T12:00:00Z"
TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app.kubernetes.io/instance": "fraud"}},
    "spec": {
        "containers": [{"name": "bridge", "image": "worker:1"}],
        "initContainers": [{"name": "m", "image": "m:1"}],
    },
}


def workload(name: str, **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "n", "uid": "u", "generation": 3}
    return {"apiVersion": "apps/v1", "metadata": metadata, "spec": {"template": TEMPLATE, **spec}}


def test_a_jobs_pod_ends_with_what_the_pre_flight_says_before_the_job_is_complete() -> None:
    created, said = finish_job(workload("prepare"), now=NOW)

    assert isinstance(created, Create)
    assert created.pod["metadata"]["labels"]["job-name"] == "prepare"
    (container,) = created.status["containerStatuses"]
    assert json.loads(container["state"]["terminated"]["message"])["reason"] == "Prepared"
    assert isinstance(said, Say)
    assert [condition["type"] for condition in said.status["conditions"]] == ["SuccessCriteriaMet", "Complete"]


def test_a_finished_job_is_left_alone() -> None:
    assert finish_job(workload("prepare") | {"status": {"succeeded": 1}}, now=NOW) == ()


def test_a_deployment_gets_its_pods_and_then_a_finished_rollout() -> None:
    *created, said = roll_out(workload("worker", replicas=2), [], now=NOW)

    assert [type(write) for write in created] == [Create, Create]
    assert isinstance(said, Say)
    assert (said.status["readyReplicas"], said.status["observedGeneration"]) == (2, 3)


def test_pods_of_an_earlier_template_go_and_a_settled_deployment_is_left_alone() -> None:
    deployment = workload("worker", replicas=1)
    created, deleted, said = roll_out(deployment, ["worker-earlier-0"], now=NOW)
    assert isinstance(created, Create)
    assert isinstance(said, Say)

    assert deleted == Delete("worker-earlier-0")
    settled = deployment | {"status": said.status}
    assert roll_out(settled, [created.pod["metadata"]["name"]], now=NOW) == ()


def test_a_deployment_scaled_to_zero_is_settled_without_counts_in_its_status() -> None:
    deployment = workload("worker", replicas=0)
    (said,) = roll_out(deployment, [], now=NOW)
    assert isinstance(said, Say)
    kept = {key: value for key, value in said.status.items() if value != 0}

    assert roll_out(deployment | {"status": kept}, [], now=NOW) == ()


def test_a_scaled_object_becomes_ready_once() -> None:
    (said,) = accept_scaled_object({"metadata": {"name": "s"}})

    assert isinstance(said, Say)
    assert accept_scaled_object({"status": said.status}) == ()
