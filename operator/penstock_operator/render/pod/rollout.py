"""How a Deployment replaces its pods. Pure."""

from typing import Final

from penstock_operator import names
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.api.worker import Rollout
from penstock_operator.names import Component
from penstock_operator.render.owner import Manifest, Owner

PROGRESS_MARGIN_SECONDS: Final = 120
"""Beside the model's start: scheduling, pulling images, joining the group."""

KEPT_REPLICA_SETS: Final = 2


def deployment_spec(
    deployment: ModelDeployment, owner: Owner, component: Component, template: Manifest, *, rollout: Rollout
) -> Manifest:
    return {
        "selector": {"matchLabels": dict(names.selector(owner.name, component))},
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": rollout.max_surge, "maxUnavailable": rollout.max_unavailable},
        },
        "progressDeadlineSeconds": deployment.spec.model.startup_timeout_seconds + PROGRESS_MARGIN_SECONDS,
        "revisionHistoryLimit": KEPT_REPLICA_SETS,
        "template": template,
    }
