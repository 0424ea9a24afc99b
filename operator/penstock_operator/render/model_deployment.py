"""The Deployment and the headless Service of a model with placement Service. Pure. No `replicas`, as the workers'."""

from typing import Final

from penstock_operator import defaults, names
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.api.worker import Rollout
from penstock_operator.options import Options
from penstock_operator.render.owner import Manifest, Owner
from penstock_operator.render.pod import volumes
from penstock_operator.render.pod.model import MODEL_PORT, model_container
from penstock_operator.render.pod.probes import readiness_probe
from penstock_operator.render.pod.rollout import deployment_spec
from penstock_operator.render.pod.security import pod_security
from penstock_operator.render.pod.template import pod_template

GRACE_MARGIN_SECONDS: Final = 10
"""A request that was sent just before the pod was told to stop is answered still."""


def model_deployment(deployment: ModelDeployment, owner: Owner, options: Options) -> Manifest:
    model = deployment.spec.model
    pod = {
        "containers": [_container(deployment)],
        "terminationGracePeriodSeconds": deployment.spec.delivery.timeout_seconds + GRACE_MARGIN_SECONDS,
        "securityContext": pod_security(model.security_context, openshift=options.openshift),
        "volumes": [*volumes.model_scratch(model, volumes.MODEL_SCRATCH), *volumes.model_volumes(model)],
    }
    template = pod_template(owner, "model", model.template, pod, annotations={})
    # A new version takes the old one's place pod by pod, never before it answers.
    spec = deployment_spec(deployment, owner, "model", template, rollout=Rollout())
    return owner.child("Deployment", names.model(owner.name), "model", spec=spec)


def model_service(deployment: ModelDeployment, owner: Owner) -> Manifest:
    """Headless, since the bridge chooses among the pods itself; a pod that is not ready is not among them."""
    port = {"name": MODEL_PORT, "port": defaults.model_port(deployment.spec.model), "protocol": "TCP"}
    spec = {
        "clusterIP": "None",
        "selector": dict(names.selector(owner.name, "model")),
        "ports": [{**port, "targetPort": MODEL_PORT}],
    }
    return owner.child("Service", names.model(owner.name), "model", spec=spec)


def _container(deployment: ModelDeployment) -> Manifest:
    model = deployment.spec.model
    probe = readiness_probe(
        model.readiness_probe, port=defaults.model_port(model), known_path=defaults.readiness_path(deployment)
    )
    return {**model_container(deployment), "readinessProbe": probe}
