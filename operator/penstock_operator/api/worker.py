"""`spec.worker`: the pods that carry records to the model."""

from typing import Literal

from pydantic import Field

from penstock_operator.api.base import ApiModel
from penstock_operator.api.container import Resources
from penstock_operator.api.pod import PodTemplate
from penstock_operator.api.rules import deployment as rules


class Rollout(ApiModel):
    rules = (rules.ROLLOUT_CAN_MOVE,)

    max_surge: int = Field(default=1, ge=0, le=1000, description="maxSurge is how many pods a rollout may add.")
    max_unavailable: int = Field(
        default=0, ge=0, le=1000, description="maxUnavailable is how many pods a rollout may take away."
    )


class Worker(ApiModel):
    resources: Resources = Field(
        default=Resources(), description="resources are what the worker's container reserves and may use."
    )
    log_level: Literal["Debug", "Info", "Warning", "Error"] = Field(
        default="Info", description="logLevel is the least severity that is logged."
    )
    template: PodTemplate = Field(default=PodTemplate(), description="template adds to the worker's pods.")
    rollout: Rollout = Field(default=Rollout(), description="rollout is how a change replaces the worker's pods.")
