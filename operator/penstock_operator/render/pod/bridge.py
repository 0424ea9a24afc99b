"""The bridge's container, alone or with the model in it, and the pre-flight's. Pure."""

from typing import Final

from penstock_operator.api.container import Resources, SecurityContext
from penstock_operator.api.derived import WORKER_PORT
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.options import Options
from penstock_operator.render.owner import Manifest
from penstock_operator.render.pod import volumes
from penstock_operator.render.pod.model import environment, image
from penstock_operator.render.pod.placement import is_embedded
from penstock_operator.render.pod.probes import BRIDGE_START_SECONDS, bridge_probes
from penstock_operator.render.pod.resources import PREPARE_REQUESTS, bridge_requests, over, resources
from penstock_operator.render.pod.security import container_security

BRIDGE: Final = "bridge"
PREPARE: Final = "prepare"
METRICS_PORT: Final = "metrics"

_PROGRAM: Final = "penstock-worker"


def bridge_container(deployment: ModelDeployment, options: Options) -> Manifest:
    """A worker whose model is elsewhere: beside it, behind a Service, or somebody else's."""
    spec = deployment.spec
    return {
        "name": BRIDGE,
        **_worker_image(options),
        **_program(),
        "resources": resources(spec.worker.resources, bridge_requests(spec.delivery)),
        **bridge_probes(),
        "volumeMounts": [volumes.settings_mount(), volumes.scratch_mount(volumes.BRIDGE_SCRATCH)],
        "securityContext": container_security(SecurityContext()),
    }


def embedded_container(deployment: ModelDeployment) -> Manifest:
    """A worker that holds the model: its image is the user's, built on the worker's."""
    spec = deployment.spec
    both = over(spec.model.resources, spec.worker.resources)
    return {
        "name": BRIDGE,
        **image(spec.model),
        **_program(),
        **environment(spec.model),
        "resources": resources(both, bridge_requests(spec.delivery)),
        **bridge_probes(start_seconds=BRIDGE_START_SECONDS + spec.model.startup_timeout_seconds),
        "volumeMounts": [volumes.settings_mount(), *volumes.model_mounts(spec.model, scratch=volumes.BRIDGE_SCRATCH)],
        "securityContext": container_security(spec.model.security_context),
    }


def prepare_container(deployment: ModelDeployment, options: Options, arguments: list[str]) -> Manifest:
    """The program that the bridge's own image holds, so a worker that is too old is found here first."""
    model, context = deployment.spec.model, SecurityContext()
    if is_embedded(model):
        context = model.security_context.model_copy(update={"read_only_root_filesystem": True})
    return {
        "name": PREPARE,
        **(image(model) if is_embedded(model) else _worker_image(options)),
        "command": [_PROGRAM],
        "args": ["prepare", *arguments],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "resources": resources(Resources(), PREPARE_REQUESTS),
        "volumeMounts": [volumes.settings_mount(), volumes.scratch_mount(volumes.BRIDGE_SCRATCH)],
        "securityContext": container_security(context),
    }


def _program() -> Manifest:
    return {
        "command": [_PROGRAM],
        "args": ["run"],
        "ports": [{"name": METRICS_PORT, "containerPort": WORKER_PORT, "protocol": "TCP"}],
        # Why it ended is on the pod's status then, also after its log is gone.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _worker_image(options: Options) -> Manifest:
    policy = options.worker_image_pull_policy
    return {"image": options.worker_image} | ({} if policy is None else {"imagePullPolicy": policy})
