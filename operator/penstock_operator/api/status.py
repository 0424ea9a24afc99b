"""`status`: what the operator saw. Every field is optional, and one from a newer operator is no error."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from penstock_operator.api.base import ApiModel, Items, Unset
from penstock_operator.api.keyed import Unique
from penstock_operator.api.text import ConsumerGroup, ModelName, Version, Word

Time = Annotated[str, StringConstraints(max_length=64), Field(json_schema_extra={"format": "date-time"})]


class StatusPart(ApiModel):
    model_config = ConfigDict(extra="ignore")


class Condition(StatusPart):
    """The standard shape of Kubernetes, `metav1.Condition`."""

    type: Word = Field(description="type is what the condition is about, in CamelCase.")
    status: Literal["True", "False", "Unknown"] = Field(description="status is True, False or Unknown.")
    reason: Word = Field(description="reason is a stable CamelCase constant.")
    message: Annotated[str, StringConstraints(max_length=32768)] = Field(description="message is for people.")
    last_transition_time: Time = Field(description="lastTransitionTime is when status last changed.")
    observed_generation: Unset[int] = Field(
        default=None, ge=0, description="observedGeneration is the generation that the condition is about."
    )


class ModelStatus(StatusPart):
    name: Unset[ModelName] = Field(default=None, description="name is the model's name, given or derived.")
    version: Unset[Version] = Field(default=None, description="version is the model's version, given or derived.")


class KafkaStatus(StatusPart):
    active_revision: Unset[Word] = Field(
        default=None, description="activeRevision is the revision of spec.kafka that workers run on."
    )
    consumer_group: Unset[ConsumerGroup] = Field(default=None, description="consumerGroup is the group that reads.")
    input_partitions: Unset[int] = Field(
        default=None, ge=0, description="inputPartitions is the number of partitions of the input topic."
    )
    subscribed_at: Unset[Time] = Field(
        default=None, description="subscribedAt is when the group's first offsets were committed."
    )
    checked_at: Unset[Time] = Field(default=None, description="checkedAt is when the brokers were last checked.")


class Status(StatusPart):
    conditions: Annotated[Items[Condition], Unique("type")] = Field(
        default=(), max_length=16, description="conditions are Ready and what it is made of."
    )
    observed_generation: Unset[int] = Field(
        default=None, ge=0, description="observedGeneration is the generation that the status is about."
    )
    replicas: Unset[int] = Field(default=None, ge=0, description="replicas is the number of workers that are ready.")
    model: Unset[ModelStatus] = Field(default=None, description="model is the model that answers.")
    kafka: Unset[KafkaStatus] = Field(default=None, description="kafka is what is known of the topics and the group.")
