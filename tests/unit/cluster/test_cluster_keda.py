"""KEDA's manifests on a node without a registry."""

from typing import Any

import pytest

from cluster.keda import adapted, probe_metric

IMAGES = {"keda": "localhost/keda:1", "keda-adapter": "localhost/keda-adapter:1"}


def deployment(image: str, *args: str) -> dict[str, Any]:
    container = {"image": image, "imagePullPolicy": "Always", "args": [*args], "readinessProbe": {"periodSeconds": 20}}
    return {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [container]}}}}


def container_of(manifest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


@pytest.mark.parametrize(
    ("upstream", "ours"),
    [
        ("ghcr.io/kedacore/keda:2.21.0", IMAGES["keda"]),
        ("ghcr.io/kedacore/keda-metrics-apiserver:2.21.0", IMAGES["keda-adapter"]),
    ],
)
def test_images_are_those_of_the_node_and_are_never_pulled(upstream: str, ours: str) -> None:
    container = container_of(adapted([deployment(upstream)], IMAGES)[0])
    assert (container["image"], container["imagePullPolicy"]) == (ours, "Never")


def test_the_operator_waits_for_no_lease() -> None:
    manifest = deployment("ghcr.io/kedacore/keda:2.21.0", "--leader-elect", "--zap-log-level=info")
    args = container_of(adapted([manifest], IMAGES)[0])["args"]
    assert args == ["--enable-webhook-patching=false", "--zap-log-level=info"]


def test_what_is_no_deployment_stays_as_it_is_and_so_does_the_original() -> None:
    role = {"kind": "ClusterRole", "rules": []}
    upstream = deployment("ghcr.io/kedacore/keda:2.21.0")
    assert adapted([role, upstream], IMAGES)[0] is role
    assert container_of(upstream)["imagePullPolicy"] == "Always"


def test_the_probe_s_metric_is_unknown_until_keda_named_it() -> None:
    assert probe_metric({}) is None
    path = probe_metric({"status": {"externalMetricNames": ["s0-cron"]}})
    assert path is not None
    assert "/s0-cron?labelSelector=scaledobject.keda.sh%2Fname%3D" in path
