"""The model's container, beside a bridge or in pods of its own. Pure."""

from typing import Final

from penstock_operator import defaults
from penstock_operator.api.container import EnvVar
from penstock_operator.api.model import Model
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.render.owner import Manifest
from penstock_operator.render.pod import volumes
from penstock_operator.render.pod.probes import probe_of, startup_probe
from penstock_operator.render.pod.quantity import canonical
from penstock_operator.render.pod.resources import MODEL_REQUESTS, resources
from penstock_operator.render.pod.security import container_security

MODEL: Final = "model"
MODEL_PORT: Final = "model"


def model_container(deployment: ModelDeployment) -> Manifest:
    """Without a readiness probe of its own making: who waits for it decides whether there is one."""
    model = deployment.spec.model
    port = defaults.model_port(model)
    container: Manifest = {
        "name": MODEL,
        **image(model),
        **_command(model),
        **environment(model),
        "ports": [{"name": MODEL_PORT, "containerPort": port, "protocol": "TCP"}],
        "resources": resources(model.resources, MODEL_REQUESTS),
        "startupProbe": startup_probe(model.startup_probe, port=port, timeout_seconds=model.startup_timeout_seconds),
        "volumeMounts": volumes.model_mounts(model, scratch=volumes.MODEL_SCRATCH),
        "securityContext": container_security(model.security_context),
    }
    if model.readiness_probe is not None:
        container["readinessProbe"] = probe_of(model.readiness_probe, port=port)
    if model.liveness_probe is not None:
        container["livenessProbe"] = probe_of(model.liveness_probe, port=port)
    return container


def image(model: Model) -> Manifest:
    policy = model.image_pull_policy
    return {"image": model.image} | ({} if policy is None else {"imagePullPolicy": policy})


def _command(model: Model) -> Manifest:
    parts = {"command": list(model.command), "args": list(model.args)}
    return {name: words for name, words in parts.items() if words}


def environment(model: Model) -> Manifest:
    parts = {
        "env": [_variable(variable) for variable in model.env],
        "envFrom": [source.model_dump(mode="json", by_alias=True, exclude_defaults=True) for source in model.env_from],
    }
    return {name: entries for name, entries in parts.items() if entries}


def _variable(variable: EnvVar) -> Manifest:
    fields: Manifest = variable.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if fields.get("value") == "":
        del fields["value"]  # the API server keeps no empty value, and means the same
    resource = fields.get("valueFrom", {}).get("resourceFieldRef", {})
    if "divisor" in resource:
        resource["divisor"] = canonical(resource["divisor"])
    return fields
