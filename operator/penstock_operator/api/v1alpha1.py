"""`serving.penstock.dev/v1alpha1`: the ModelDeployment, the only source of its schema, defaults and rules."""

from typing import Final, Literal

from pydantic import Field

from penstock_operator.api.base import ApiModel, Unset
from penstock_operator.api.delivery import Delivery, PredictionLog
from penstock_operator.api.kafka import Kafka
from penstock_operator.api.metadata import Metadata
from penstock_operator.api.model import Model
from penstock_operator.api.rules import deployment as rules
from penstock_operator.api.scaling import Scaling
from penstock_operator.api.status import Status
from penstock_operator.api.worker import Worker

GROUP: Final = "serving.penstock.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = "serving.penstock.dev/v1alpha1"
KIND: Final = "ModelDeployment"


class ModelDeploymentSpec(ApiModel):
    rules = (rules.BATCHING_NEEDS_A_PROTOCOL, rules.PREDICTION_LOG_APART)

    paused: bool = Field(
        default=False, description="paused, when true, stops every worker and starts none until it is false."
    )
    model: Model = Field(description="model is the model that answers.")
    kafka: Kafka = Field(description="kafka is where records come from and go to.")
    delivery: Delivery = Field(default=Delivery(), description="delivery is what is promised about each record.")
    prediction_log: Unset[PredictionLog] = Field(
        default=None, description="predictionLog has predictions logged to a topic of its own."
    )
    scaling: Scaling = Field(default=Scaling(), description="scaling is how many workers run.")
    worker: Worker = Field(default=Worker(), description="worker is how the worker's pods run.")


class ModelDeployment(ApiModel):
    rules = (rules.NAME_LEAVES_ROOM,)

    api_version: Literal["serving.penstock.dev/v1alpha1"] = Field(
        description="apiVersion is serving.penstock.dev/v1alpha1."
    )
    kind: Literal["ModelDeployment"] = Field(description="kind is ModelDeployment.")
    metadata: Metadata = Field(description="metadata is the resource's name and what Kubernetes keeps about it.")
    spec: ModelDeploymentSpec = Field(description="spec is what is wanted.")
    status: Status = Field(default=Status(), description="status is what the operator saw.")
