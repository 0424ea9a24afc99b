"""All children of a ModelDeployment at once, as they are once its first pre-flight has passed. Pure."""

from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.options import Options
from penstock_operator.render.owner import Manifest


def render_all(deployment: ModelDeployment, options: Options) -> list[Manifest]:
    """In the order in which they are applied; the pre-flight's Job is its first attempt."""
    raise NotImplementedError
