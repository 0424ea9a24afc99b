"""For every legal resource and every choice of the administrator: children that Kubernetes takes as they are."""

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock_operator import names
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.decision.spec_warnings import spec_warnings
from penstock_operator.options import Options
from penstock_operator.render.children import owner_of, render_all
from penstock_operator.render.config_maps import kafka_config_map
from penstock_operator.render.owner import API_VERSIONS, Manifest
from penstock_operator.render.pod.quantity import canonical, canonical_reserve, value_of
from penstock_operator.render.revision import KafkaRevision
from support.custom_resources.pod_strategies import deployments_with_pods, is_root_allowed, options, quantities
from support.pod_security_standard import violations

every_resource = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")

# What a server-side apply merges by, so that no two entries may have the same.
KEYS = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "ports": ("containerPort", "port", "protocol"),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}


def pod_templates(children: list[Manifest]) -> Iterator[dict[str, Any]]:
    yield from (child["spec"]["template"] for child in children if child["kind"] in ("Deployment", "Job"))


def containers(template: dict[str, Any]) -> list[dict[str, Any]]:
    return [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]


def values(part: Any) -> Iterator[tuple[str, Any]]:
    """Every value with the key that it is found under."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield key, value
            yield from values(value)
    elif isinstance(part, list):
        for entry in part:
            yield from values(entry)


@given(deployments_with_pods(), options)
@every_resource
def test_children_are_plain_json_and_the_same_each_time(deployment: ModelDeployment, options: Options) -> None:
    children = render_all(deployment, options)

    assert json.loads(json.dumps(children)) == children == render_all(deployment, options)


@given(deployments_with_pods(), options)
@every_resource
def test_every_child_is_of_a_known_kind_and_belongs_to_its_owner(deployment: ModelDeployment, options: Options) -> None:
    for child in render_all(deployment, options):
        metadata = child["metadata"]
        (owner,) = metadata["ownerReferences"]
        assert child["apiVersion"] == API_VERSIONS[child["kind"]]
        assert DNS_LABEL.fullmatch(metadata["name"])
        assert len(metadata["name"]) <= 63
        assert metadata["namespace"] == deployment.metadata.namespace
        assert (owner["name"], owner["controller"]) == (deployment.metadata.name, True)
        assert metadata["labels"]["app.kubernetes.io/managed-by"] == names.MANAGER


@given(deployments_with_pods(), options)
@every_resource
def test_no_two_children_are_the_same_object(deployment: ModelDeployment, options: Options) -> None:
    identities = [(child["kind"], child["metadata"]["name"]) for child in render_all(deployment, options)]

    assert len(set(identities)) == len(identities)


@given(deployments_with_pods(), options)
@every_resource
def test_replicas_are_never_rendered_and_selectors_hold_what_never_changes(
    deployment: ModelDeployment, options: Options
) -> None:
    for child in render_all(deployment, options):
        if child["kind"] == "Deployment":
            labels = child["spec"]["selector"]["matchLabels"]
            assert "replicas" not in child["spec"]
            assert set(labels) == {f"app.kubernetes.io/{key}" for key in ("name", "instance", "component")}
            assert labels.items() <= child["spec"]["template"]["metadata"]["labels"].items()


@given(deployments_with_pods(), options)
@every_resource
def test_every_pod_keeps_the_restricted_pod_security_standard(deployment: ModelDeployment, options: Options) -> None:
    for template in pod_templates(render_all(deployment, options)):
        found = [text for text in violations(template["spec"]) if not text.endswith("as root")]
        assert found == []
        if not is_root_allowed(deployment):
            assert violations(template["spec"]) == []


@given(deployments_with_pods(), options)
@every_resource
def test_the_bridge_never_runs_as_root_by_the_models_leave(deployment: ModelDeployment, options: Options) -> None:
    """Where the model has a container of its own, its exceptions are its own."""
    for template in pod_templates(render_all(deployment, options)):
        for container in containers(template):
            if container["image"] == options.worker_image:
                assert container["securityContext"]["runAsNonRoot"] is True
                assert container["securityContext"]["readOnlyRootFilesystem"] is True


@given(deployments_with_pods(), options)
@every_resource
def test_every_mount_has_its_volume_and_every_container_reserves_something(
    deployment: ModelDeployment, options: Options
) -> None:
    for template in pod_templates(render_all(deployment, options)):
        volumes = {volume["name"] for volume in template["spec"]["volumes"]}
        for container in containers(template):
            reserved = {**container["resources"].get("limits", {}), **container["resources"].get("requests", {})}
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            assert "/tmp" in {mount["mountPath"].rstrip("/") for mount in container["volumeMounts"]}
            assert {"cpu", "memory"} <= set(reserved)


@given(deployments_with_pods(), options)
@every_resource
def test_nothing_is_rendered_that_the_api_server_would_write_back_otherwise(
    deployment: ModelDeployment, options: Options
) -> None:
    children = render_all(deployment, options)
    for container in (container for template in pod_templates(children) for container in containers(template)):
        for amounts in container["resources"].values():
            assert amounts == {name: canonical_reserve(amount) for name, amount in amounts.items()}
    for key, value in values(children):
        assert value is not None, key
        if key in KEYS and isinstance(value, list):
            identities = [tuple(entry.get(part) for part in KEYS[key]) for entry in value]
            assert len(set(identities)) == len(identities), key


@given(deployments_with_pods())
@every_resource
def test_a_revision_comes_back_from_its_config_map(deployment: ModelDeployment) -> None:
    owner = owner_of(deployment)
    revision = KafkaRevision.of_spec(deployment, namespace=owner.namespace)
    manifest = json.loads(json.dumps(kafka_config_map(owner, revision)))

    assert KafkaRevision.of_config_map(manifest) == revision


@given(deployments_with_pods(), st.none() | st.integers(1, 100))
@every_resource
def test_every_doubt_names_a_field(deployment: ModelDeployment, partitions: int | None) -> None:
    for warning in spec_warnings(deployment, input_partitions=partitions):
        assert warning.startswith("spec.")
        assert len(warning) < 1024


@given(quantities)
@settings(max_examples=300)
def test_a_canonical_quantity_is_worth_the_same_and_stays_as_it_is(quantity: str) -> None:
    kept = canonical(quantity)

    assert value_of(kept) == value_of(quantity)
    assert canonical(kept) == kept
    assert "." not in kept
    assert canonical_reserve(kept) == canonical_reserve(quantity) == canonical_reserve(canonical_reserve(quantity))
