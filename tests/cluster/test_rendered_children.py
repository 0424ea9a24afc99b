"""Rendered children on a real API server: taken, kept as they were rendered, and pods that the restricted standard lets
in.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cluster import keda
from cluster.api_server import ApiServer
from cluster.availability import required
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.decision.compare import holds
from penstock_operator.files.documents import read_documents
from penstock_operator.options import Options
from penstock_operator.render.children import render_all
from penstock_operator.render.owner import Manifest
from penstock_operator.state.kinds import BUILT_IN_CHILDREN, BY_KIND, KEDA_CHILDREN, POD, ApiResource
from support.api_connection import APPLY_PATCH, Answer, ApiConnection
from support.custom_resources.documents import FIRST_FILE, ROOT
from support.custom_resources.pod_strategies import deployments_with_pods, options, quantities
from support.rendering import OPTIONS, deployment_with

pytestmark = pytest.mark.cluster

FOLDER = ROOT / "tests" / "golden" / "children"
SPECIFICATIONS = [FIRST_FILE, *(file for file in sorted(FOLDER.glob("*.yaml")) if ".children" not in file.name)]
KNOWN = {resource.kind for resource in (*BUILT_IN_CHILDREN, *KEDA_CHILDREN)}
ESTABLISHED_SECONDS = 30


@pytest.fixture(scope="module")
def api() -> Iterator[ApiConnection]:
    """A server of our own, since the one that all share does not know KEDA."""
    with required():
        server = ApiServer()
    with server, ApiConnection.of(server.kubeconfig) as connection:
        published = keda.upstream(server.kubectl.program)
        definitions = [manifest for manifest in published if manifest["kind"] == "CustomResourceDefinition"]
        server.kubectl.apply(*definitions, server_side=True)
        server.kubectl.wait("condition=Established", "crd", "--all", timeout_seconds=ESTABLISHED_SECONDS)
        yield connection


@pytest.fixture
def namespace(api: ApiConnection, unique: Callable[[str], str]) -> str:
    """It lets in what keeps the restricted standard, and nothing else. No controller makes its account here."""
    name = unique("restricted")
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    answer = api.post("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    assert answer.ok, answer.body
    for account in ("default", "fraud"):
        assert api.post(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": account}}).ok
    return name


def children_of(deployment: ModelDeployment, options: Options, namespace: str) -> Iterator[Manifest]:
    for child in render_all(deployment, options):
        if child["kind"] in KNOWN:
            yield {**child, "metadata": {**child["metadata"], "namespace": namespace}}


def apply(api: ApiConnection, child: Manifest, *, keep: bool = True) -> Answer:
    resource: ApiResource = BY_KIND[child["kind"]]
    path = resource.path(child["metadata"]["namespace"], child["metadata"]["name"])
    query = "fieldManager=penstock-operator&force=true&fieldValidation=Strict" + ("" if keep else "&dryRun=All")
    return api.patch(f"{path}?{query}", child, kind=APPLY_PATCH)


@pytest.mark.parametrize("file", SPECIFICATIONS, ids=lambda file: file.stem)
def test_children_are_taken_and_a_second_apply_finds_nothing_to_do(
    api: ApiConnection, namespace: str, file: Any
) -> None:
    (deployment,) = read_documents(file.read_text(), file=file.name).model_deployments
    for child in children_of(deployment, OPTIONS, namespace):
        first = apply(api, child)
        second = apply(api, child)

        assert first.ok, first.body
        assert holds(child, first.body)
        assert second.body["metadata"]["resourceVersion"] == first.body["metadata"]["resourceVersion"]


@pytest.mark.parametrize("file", SPECIFICATIONS, ids=lambda file: file.stem)
def test_the_pods_of_every_placement_are_let_in_by_the_restricted_standard(
    api: ApiConnection, namespace: str, file: Any
) -> None:
    (deployment,) = read_documents(file.read_text(), file=file.name).model_deployments
    for child in children_of(deployment, OPTIONS, namespace):
        if child["kind"] in ("Deployment", "Job"):
            answer = api.post(f"{POD.path(namespace)}?dryRun=All", pod_of(child))
            assert answer.ok, answer.body["message"]


def pod_of(child: Manifest) -> Manifest:
    """Without what an admission plugin would have to look up: there are no such classes here."""
    template = child["spec"]["template"]
    absent = ("priorityClassName", "runtimeClassName")
    spec = {name: value for name, value in template["spec"].items() if name not in absent}
    return {"metadata": {**template["metadata"], "name": child["metadata"]["name"]}, "spec": spec}


def test_a_pod_that_breaks_the_standard_is_not_let_in_here(api: ApiConnection, namespace: str) -> None:
    """Or the test above could not fail."""
    spec = {"containers": [{"name": "model", "image": "fraud"}]}
    answer = api.post(f"{POD.path(namespace)}?dryRun=All", {"metadata": {"name": "loose"}, "spec": spec})

    assert "violates PodSecurity" in answer.body["message"]


@given(deployments_with_pods(), options)
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
def test_whatever_is_taken_is_kept_as_it_was_rendered(
    api: ApiConnection, deployment: ModelDeployment, options: Options
) -> None:
    """Or the operator would write it for ever. What the schema lets through and the API server does not is refused at
    the user's own fields, and never because a field of ours is unknown.
    """
    for child in children_of(deployment, options, "default"):
        answer = apply(api, child, keep=False)
        if answer.ok:
            assert holds(child, answer.body)
        else:
            assert answer.status == 422, answer.body
            fields = [cause["field"] for cause in answer.body["details"]["causes"]]
            assert all(field.startswith("spec.template.") for field in fields), fields


@given(quantities)
@settings(max_examples=100, deadline=None)
def test_every_quantity_is_kept_as_it_was_rendered(api: ApiConnection, quantity: str) -> None:
    scratch = {"name": "scratch", "emptyDir": {"sizeLimit": quantity}}
    patch = {"model": {"resources": {"limits": {"memory": quantity}}, "volumes": [scratch]}}
    (child,) = (
        child for child in children_of(deployment_with(patch), OPTIONS, "default") if child["kind"] == "Deployment"
    )

    answer = apply(api, child, keep=False)

    assert answer.ok, answer.body
    assert holds(child, answer.body)
