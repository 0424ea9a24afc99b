"""The definition on a real API server: taken as it is, small enough for `kubectl apply`, readable in `kubectl get`."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cluster.api_server import ApiServer
from penstock_operator.api.v1alpha1 import ModelDeployment
from support.api_connection import TABLE, ApiConnection
from support.custom_resources import served
from support.custom_resources.definition import FILE, definition
from support.custom_resources.documents import Document, first_document, merged

pytestmark = pytest.mark.cluster

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@pytest.fixture(scope="module")
def api(api_server: ApiServer) -> Iterator[ApiConnection]:
    with ApiConnection.of(api_server.kubeconfig) as connection:
        served.install(connection)
        yield connection


@pytest.fixture
def created(api: ApiConnection, unique: Callable[[str], str]) -> Iterator[dict[str, Any]]:
    answer = api.post(served.RESOURCES, named(unique("fraud")))
    yield answer.body
    api.delete(f"{served.RESOURCES}/{answer.body['metadata']['name']}")


def named(name: str) -> Document:
    document: Document = merged(first_document(), {"metadata": {"name": name}})
    return document


def test_it_is_served_as_written(api: ApiConnection) -> None:
    kept = served.install(api)
    conditions = {condition["type"]: condition["status"] for condition in kept["status"]["conditions"]}

    assert kept["spec"] == definition()["spec"] | {"conversion": {"strategy": "None"}}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}  # no NonStructuralSchema


def test_kubectl_applies_it_from_the_client_and_then_has_nothing_to_do(api_server: ApiServer) -> None:
    first = api_server.kubectl("apply", "--filename", str(FILE))
    second = api_server.kubectl("apply", "--filename", str(FILE))
    kept = api_server.kubectl.get("crd", definition()["metadata"]["name"])

    assert first.split()[1] in ("created", "configured")
    assert second.split()[1] == "unchanged"
    assert json.loads(kept["metadata"]["annotations"][LAST_APPLIED])["spec"] == definition()["spec"]


def test_it_goes_by_its_short_name_and_explains_its_fields(api: ApiConnection, api_server: ApiServer) -> None:
    explained = api_server.kubectl("explain", "mdep.spec.kafka.startFrom")

    assert "startFrom is where a partition without a committed offset begins" in " ".join(explained.split())


def test_a_resource_that_nobody_has_seen_has_no_status(created: dict[str, Any]) -> None:
    assert "status" not in created


STATUS = {
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Ready",
            "message": "2 workers are ready",
            "lastTransitionTime": "2026-11-21T12:00:00Z",
            "observedGeneration": 1,
        }
    ],
    "observedGeneration": 1,
    "replicas": 2,
    "model": {"name": "fraud", "version": "1.4.2"},
    "kafka": {"activeRevision": "5f3a9c0d", "consumerGroup": "model.default.fraud"},
}


def write_status(api: ApiConnection, resource: dict[str, Any], status: Document, **changes: Any) -> dict[str, Any]:
    path = f"{served.RESOURCES}/{resource['metadata']['name']}/status"
    answer = api.put(path, {**resource, "status": status, **changes})
    assert answer.ok, answer.body["message"]
    written: dict[str, Any] = answer.body
    return written


def test_a_status_is_kept_and_what_no_version_knows_is_dropped(api: ApiConnection, created: dict[str, Any]) -> None:
    written = write_status(api, created, STATUS | {"phase": "Running"})

    assert written["status"] == STATUS
    assert ModelDeployment.model_validate(written).status.replicas == 2


def test_writing_a_status_changes_no_spec_and_no_generation(api: ApiConnection, created: dict[str, Any]) -> None:
    written = write_status(api, created, STATUS, spec=merged(created["spec"], {"paused": True}))

    assert written["spec"] == created["spec"]
    assert written["metadata"]["generation"] == 1


def test_kubectl_get_shows_what_matters(api: ApiConnection, created: dict[str, Any]) -> None:
    name = created["metadata"]["name"]
    write_status(api, created, STATUS)
    table = api.get(f"{served.RESOURCES}/{name}", accept=TABLE).body
    (row,) = table["rows"]
    cells = dict(zip((column["name"] for column in table["columnDefinitions"]), row["cells"], strict=True))
    wide = {column["name"] for column in table["columnDefinitions"] if column["priority"]}

    assert cells.pop("Age")
    assert cells == {
        "Name": name,
        "Ready": "True",
        "Reason": "Ready",
        "Replicas": 2,
        "Model": "fraud",
        "Version": "1.4.2",
        "Input": "transactions",
        "Output": "transactions.scored",
        "Error": None,
        "Group": "model.default.fraud",
    }
    assert wide == {"Output", "Error", "Group"}


def test_there_is_no_scale_subresource_to_leave_keda_by(api: ApiConnection, created: dict[str, Any]) -> None:
    assert api.get(f"{served.RESOURCES}/{created['metadata']['name']}/scale").status == 404
