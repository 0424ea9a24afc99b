"""KEDA from the manifests of its own Go module, adapted to a node without a registry. Pure but for `upstream`."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from cluster import commands, versions
from cluster.go_build import module_folder
from cluster.go_programs import KEDA_OPERATOR
from support.cache import cache_root, make_once

Manifest = dict[str, Any]

NAMESPACE = "keda"
PROBE_NAMESPACE, PROBE_NAME = "keda-probe", "probe"
_RENDER_SECONDS = 60
_UPSTREAM_IMAGES = {"ghcr.io/kedacore/keda": "keda", "ghcr.io/kedacore/keda-metrics-apiserver": "keda-adapter"}


def upstream(kubectl: Path) -> list[Manifest]:
    """As published: operator, metrics adapter, CRDs and roles, without the admission webhooks."""

    def render(aside: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "config")
            shutil.copytree(module_folder(KEDA_OPERATOR.module) / "config", config)
            text = commands.run([kubectl, "kustomize", config / "minimal"], timeout_seconds=_RENDER_SECONDS)
        aside.write_text(json.dumps(list(yaml.load_all(text, yaml.CSafeLoader))))

    file = make_once(cache_root() / "cluster" / f"keda-{versions.KEDA}.json", render)
    manifests: list[Manifest] = json.loads(file.read_text())
    return manifests


def adapted(manifests: Iterable[Manifest], images: Mapping[str, str]) -> list[Manifest]:
    """`images`: our name of an image -> the reference that the node has."""
    return [_adapted(manifest, images) if manifest["kind"] == "Deployment" else manifest for manifest in manifests]


def _adapted(deployment: Manifest, images: Mapping[str, str]) -> Manifest:
    copy: Manifest = json.loads(json.dumps(deployment))
    for container in copy["spec"]["template"]["spec"]["containers"]:
        upstream_image = container["image"].rpartition(":")[0]
        container["image"] = images[_UPSTREAM_IMAGES[upstream_image]]
        container["imagePullPolicy"] = "Never"
        container["args"] = [_argument(argument) for argument in container["args"]]
        container["readinessProbe"] |= {"initialDelaySeconds": 1, "periodSeconds": 1}
    return copy


def _argument(argument: str) -> str:
    """The operator ends once on purpose, when it has made its certificates.

    With leader election its second life waits some 20 s for the lease of the first. And no webhook is installed that
    its certificates could be written into.
    """
    return "--enable-webhook-patching=false" if argument == "--leader-elect" else argument


def probe(image: str) -> list[Manifest]:
    """A ScaledObject that never scales: once it is Ready and its metric is answered, all of KEDA works."""
    labels = {"app": PROBE_NAME}
    container = {"name": "pause", "image": image, "imagePullPolicy": "Never"}
    never = {"timezone": "Etc/UTC", "start": "0 0 29 2 *", "end": "1 0 29 2 *", "desiredReplicas": "1"}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PROBE_NAMESPACE}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": PROBE_NAME, "namespace": PROBE_NAMESPACE},
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        },
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": {"name": PROBE_NAME, "namespace": PROBE_NAMESPACE},
            "spec": {
                "scaleTargetRef": {"name": PROBE_NAME},
                "minReplicaCount": 0,
                "triggers": [{"type": "cron", "metadata": never}],
            },
        },
    ]


def probe_metric(scaled_object: Mapping[str, Any]) -> str | None:
    """The API path of the probe's metric, once KEDA has named it."""
    names = scaled_object.get("status", {}).get("externalMetricNames", [])
    if not names:
        return None
    selector = f"labelSelector=scaledobject.keda.sh%2Fname%3D{PROBE_NAME}"
    return f"/apis/external.metrics.k8s.io/v1beta1/namespaces/{PROBE_NAMESPACE}/{names[0]}?{selector}"
