"""The Deployment and the headless Service of a model with placement Service. Pure."""

from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.options import Options
from penstock_operator.render.owner import Manifest, Owner


def model_deployment(deployment: ModelDeployment, owner: Owner, options: Options) -> Manifest:
    """Without `replicas`, as the workers'."""
    raise NotImplementedError


def model_service(deployment: ModelDeployment, owner: Owner) -> Manifest:
    raise NotImplementedError
