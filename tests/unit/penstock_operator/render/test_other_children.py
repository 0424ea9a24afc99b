"""The pre-flight's Job, the model's own Deployment and Service, and what guards the pods."""

from dataclasses import replace
from typing import Any

import pytest

from penstock_operator.render.children import owner_of, render_all
from penstock_operator.render.owner import API_VERSIONS, Manifest
from penstock_operator.render.prepare_job import Mode, prepare_job
from support.rendering import OPTIONS, deployment_with, rendered, revision_of

SERVICE = {"model": {"placement": "Service"}}
GUARDED = replace(OPTIONS, network_policy=True, pod_monitor=True)


def job(patch: dict[str, Any], *, mode: Mode = "apply", subscribed_at: str | None = None) -> Manifest:
    deployment = deployment_with(patch)
    return prepare_job(
        deployment,
        owner_of(deployment),
        OPTIONS,
        revision_of(patch),
        worker_config_name="fraud-worker-0a1b2c3d",
        attempt=3,
        mode=mode,
        subscribed_at=subscribed_at,
    )


def container(manifest: Manifest) -> dict[str, Any]:
    (only,) = manifest["spec"]["template"]["spec"]["containers"]
    return dict(only)


@pytest.mark.parametrize("mode", ["apply", "check", "renew"])
def test_the_pre_flight_runs_once_in_the_mode_it_is_given(mode: Mode) -> None:
    manifest = job({}, mode=mode)

    assert container(manifest)["args"] == ["prepare", "--mode", mode]
    assert manifest["spec"]["backoffLimit"] == 0
    assert manifest["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert manifest["spec"]["activeDeadlineSeconds"] == 120
    assert "ttlSecondsAfterFinished" not in manifest["spec"]
    assert manifest["metadata"]["name"] == f"fraud-prepare-{revision_of({}).hash}-3"


def test_the_pre_flight_is_told_when_the_group_subscribed() -> None:
    arguments = container(job({}, subscribed_at="2026-03-08T12:00:00.000Z"))["args"]

    assert arguments[-2:] == ["--subscribed-at", "2026-03-08T12:00:00.000Z"]


def test_the_pre_flight_is_the_program_that_the_bridge_is() -> None:
    """So a worker that is too old for its settings is found before it runs."""
    embedded = {"entrypoint": "fraud.model:predict", "securityContext": {"runAsUser": 7}}
    mine = container(job({"model": embedded}))

    assert container(job({}))["image"] == OPTIONS.worker_image
    assert mine["image"] == "registry.example/fraud:1.4.2"
    assert (mine["securityContext"]["runAsUser"], mine["securityContext"]["readOnlyRootFilesystem"]) == (7, True)


def test_the_pre_flight_goes_where_the_workers_go_but_needs_no_account() -> None:
    worker = {"nodeSelector": {"zone": "1"}, "serviceAccountName": "fraud"}
    pod = job({"worker": {"template": worker}, "model": {"template": {"nodeSelector": {"pool": "gpu"}}}})["spec"]
    spec = pod["template"]["spec"]

    assert spec["nodeSelector"] == {"zone": "1"}
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == ("fraud", False)


def test_the_pre_flight_waits_for_no_other_pod() -> None:
    """Placed near the workers, it could never start before there is one."""
    nodes: dict[str, Any] = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{}]}}
    pods = {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    worker: dict[str, Any] = {"affinity": {"podAffinity": pods}, "topologySpreadConstraints": [spread]}

    near = job({"worker": {"template": worker}})["spec"]["template"]["spec"]
    worker["affinity"]["nodeAffinity"] = nodes
    on_nodes = job({"worker": {"template": worker}})["spec"]["template"]["spec"]

    assert {"affinity", "topologySpreadConstraints"}.isdisjoint(near)
    assert on_nodes["affinity"] == {"nodeAffinity": nodes}


def test_a_served_model_has_a_deployment_and_a_headless_service_on_its_port() -> None:
    patch = {"model": {"placement": "Service", "protocol": "Seldon", "transport": "GRPC"}}
    service = rendered("Service", patch)["spec"]
    model = container(rendered("Deployment", patch, name="fraud-model"))

    assert service["clusterIP"] == "None"
    assert service["ports"] == [{"name": "model", "port": 5000, "protocol": "TCP", "targetPort": "model"}]
    assert model["ports"] == [{"name": "model", "containerPort": 5000, "protocol": "TCP"}]
    assert model["readinessProbe"] == {"tcpSocket": {"port": 5000}}
    assert "restartPolicy" not in model


def test_the_service_finds_the_models_pods() -> None:
    labels = rendered("Deployment", SERVICE, name="fraud-model")["spec"]["template"]["metadata"]["labels"]

    assert rendered("Service", SERVICE)["spec"]["selector"].items() <= labels.items()


@pytest.mark.parametrize(("name", "port"), [("fraud-worker", 8089), ("fraud-model", 8080)])
def test_pods_are_reached_at_their_one_port(name: str, port: int) -> None:
    policy = rendered("NetworkPolicy", SERVICE, options=GUARDED, name=name)["spec"]

    assert policy["policyTypes"] == ["Ingress"]
    assert policy["ingress"] == [{"ports": [{"port": port, "protocol": "TCP"}]}]


def test_a_sidecar_is_reached_by_nobody_but_its_bridge() -> None:
    policy = rendered("NetworkPolicy", {}, options=GUARDED)["spec"]

    assert [port["port"] for rule in policy["ingress"] for port in rule["ports"]] == [8089]


@pytest.mark.parametrize("name", ["fraud-worker", "fraud-model"])
def test_a_drained_node_takes_one_pod_at_a_time_and_never_waits_for_broken_ones(name: str) -> None:
    budget = rendered("PodDisruptionBudget", SERVICE, name=name)["spec"]

    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")


def test_metrics_are_scraped_at_the_port_of_that_name() -> None:
    (endpoint,) = rendered("PodMonitor", {}, options=GUARDED)["spec"]["podMetricsEndpoints"]
    ports = container(rendered("Deployment", {}))["ports"]

    assert endpoint["port"] in {port["name"] for port in ports}


def kinds(patch: dict[str, Any], options: Any = OPTIONS) -> list[str]:
    return [child["kind"] for child in render_all(deployment_with(patch), options)]


def test_guards_that_an_administrator_chooses_are_there_only_then() -> None:
    assert {"NetworkPolicy", "PodMonitor"}.isdisjoint(kinds({}))
    assert {"NetworkPolicy", "PodMonitor"} <= set(kinds({}, GUARDED))


def test_without_lag_scaling_there_is_nothing_for_keda() -> None:
    assert {"ScaledObject", "TriggerAuthentication"}.isdisjoint(kinds({"scaling": {"mode": "Fixed"}}))


def test_children_are_in_the_order_in_which_one_needs_the_other() -> None:
    secured = {"kafka": {"tls": {"trust": "Secret", "ca": {"secretName": "kafka-ca", "key": "ca.crt"}}}}

    found = kinds({**SERVICE, **secured}, GUARDED)

    assert found == [
        "ConfigMap",
        "ConfigMap",
        "Job",
        "Service",
        "Deployment",
        "Deployment",
        "TriggerAuthentication",
        "ScaledObject",
        "PodDisruptionBudget",
        "PodDisruptionBudget",
        "NetworkPolicy",
        "NetworkPolicy",
        "PodMonitor",
    ]
    assert set(found) == set(API_VERSIONS)
