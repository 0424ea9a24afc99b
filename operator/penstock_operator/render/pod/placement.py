"""Where the model is, as far as pods differ by it. Pure."""

from penstock_operator import defaults
from penstock_operator.api.container import SecurityContext
from penstock_operator.api.model import Model
from penstock_operator.api.pod import PodTemplate
from penstock_operator.api.scheduling import Affinity
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.render.pod.template import merged


def is_embedded(model: Model) -> bool:
    return defaults.placement(model) == "Embedded"


def is_in_worker_pods(model: Model) -> bool:
    return defaults.placement(model) in ("Sidecar", "Embedded")


def worker_template(deployment: ModelDeployment) -> PodTemplate:
    spec = deployment.spec
    is_inside = is_in_worker_pods(spec.model)
    return merged(spec.worker.template, spec.model.template) if is_inside else spec.worker.template


def worker_security(deployment: ModelDeployment) -> SecurityContext:
    model = deployment.spec.model
    return model.security_context if is_in_worker_pods(model) else SecurityContext()


def prepare_template(deployment: ModelDeployment) -> PodTemplate:
    """Placed as the bridge alone would be: the same image on the same nodes, the same way to the brokers.

    But not by where other pods are: near the workers it could never start before there is one.
    """
    spec = deployment.spec
    template = worker_template(deployment) if is_embedded(spec.model) else spec.worker.template
    nodes = template.affinity.node_affinity if template.affinity else None
    affinity = None if nodes is None else Affinity().model_copy(update={"node_affinity": nodes})
    return template.model_copy(update={"affinity": affinity, "topology_spread_constraints": ()})


def prepare_security(deployment: ModelDeployment) -> SecurityContext:
    model = deployment.spec.model
    return model.security_context if is_embedded(model) else SecurityContext()
