"""The workers' Deployment. Pure. Never with `replicas`: an owned field that is dropped again resets them to 1."""

from collections.abc import Mapping
from typing import Any, Final

from penstock_operator import defaults, names
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.options import Options
from penstock_operator.render.owner import Manifest, Owner
from penstock_operator.render.pod import volumes
from penstock_operator.render.pod.bridge import bridge_container, embedded_container
from penstock_operator.render.pod.model import model_container
from penstock_operator.render.pod.placement import is_embedded, worker_security, worker_template
from penstock_operator.render.pod.rollout import deployment_spec
from penstock_operator.render.pod.security import pod_security
from penstock_operator.render.pod.template import pod_template
from penstock_operator.render.revision import KafkaRevision

KAFKA_REVISION: Final = "serving.penstock.dev/kafka-revision"
"""Annotation of the pod template: the revision that these pods run on."""


def worker_deployment(
    deployment: ModelDeployment, owner: Owner, options: Options, revision: KafkaRevision, *, worker_config_name: str
) -> Manifest:
    pod = {
        **_containers(deployment, options),
        "terminationGracePeriodSeconds": defaults.grace_seconds(deployment.spec.delivery),
        "securityContext": pod_security(worker_security(deployment), openshift=options.openshift),
        "volumes": [volumes.settings_volume(owner, revision, worker_config_name), *_volumes(deployment)],
    }
    annotations = {KAFKA_REVISION: revision.hash}
    template = pod_template(owner, "worker", worker_template(deployment), pod, annotations=annotations)
    rollout = deployment.spec.worker.rollout
    spec = deployment_spec(deployment, owner, "worker", template, rollout=rollout)
    return owner.child("Deployment", names.worker(owner.name), "worker", spec=spec)


def kafka_revision_of(worker_deployment: Mapping[str, Any]) -> str | None:
    """The revision's hash, from a live Deployment or a ReplicaSet of it; None where there is none."""
    metadata = worker_deployment.get("spec", {}).get("template", {}).get("metadata", {})
    revision = (metadata.get("annotations") or {}).get(KAFKA_REVISION)
    return revision if isinstance(revision, str) else None


def _containers(deployment: ModelDeployment, options: Options) -> Manifest:
    model = deployment.spec.model
    if is_embedded(model):
        return {"containers": [embedded_container(deployment)]}
    bridge = {"containers": [bridge_container(deployment, options)]}
    if defaults.placement(model) != "Sidecar":
        return bridge
    # A native sidecar listens before the bridge is started, and stops after the bridge has drained.
    return {"initContainers": [{**model_container(deployment), "restartPolicy": "Always"}], **bridge}


def _volumes(deployment: ModelDeployment) -> list[Manifest]:
    model = deployment.spec.model
    if is_embedded(model):
        return [*volumes.model_scratch(model, volumes.BRIDGE_SCRATCH), *volumes.model_volumes(model)]
    bridge = volumes.scratch_volume(volumes.BRIDGE_SCRATCH)
    if defaults.placement(model) != "Sidecar":
        return [bridge]
    return [bridge, *volumes.model_scratch(model, volumes.MODEL_SCRATCH), *volumes.model_volumes(model)]
