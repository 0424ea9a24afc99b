"""`status`: what the operator saw. Every field is optional, and one from a newer operator is no error."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from penstock_operator.api.base import ApiModel, Items, Unset
from penstock_operator.api.keyed import Unique
from penstock_operator.api.text import ConsumerGroup, ModelName, Topic, Version, Word

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


class PrepareStatus(StatusPart):
    """What the next pre-flight is decided from; its Job may be gone by then."""

    revision: Unset[Word] = Field(default=None, description="revision is the revision that was checked.")
    attempt: Unset[int] = Field(default=None, ge=1, description="attempt counts the pre-flights of the revision.")
    mode: Unset[Word] = Field(
        default=None,
        description="mode is what it did: apply, create topics and commit first offsets; check; or renew the commits.",
    )
    worker_config: Unset[Word] = Field(
        default=None, description="workerConfig is the ConfigMap of the worker's settings that it read."
    )
    reason: Unset[Word] = Field(default=None, description="reason is Prepared, or why it failed.")
    message: Annotated[str, StringConstraints(max_length=4096)] = Field(
        default="", description="message is what it found, for people."
    )
    finished_at: Unset[Time] = Field(default=None, description="finishedAt is when it ended.")
    failures: int = Field(default=0, ge=0, description="failures is how many in a row failed, this one included.")


class WorkersStatus(StatusPart):
    generation: Unset[int] = Field(
        default=None, ge=0, description="generation is the last one that the Deployment was seen to follow."
    )
    rolled_out: Unset[Word] = Field(
        default=None, description="rolledOut is the revision of the Deployment that every worker was last seen to have."
    )
    verified: Unset[Word] = Field(
        default=None, description="verified is the revision of the Deployment that a worker was last seen ready with."
    )


class KafkaStatus(StatusPart):
    active_revision: Unset[Word] = Field(
        default=None, description="activeRevision is the revision of spec.kafka that workers run on."
    )
    consumer_group: Unset[ConsumerGroup] = Field(default=None, description="consumerGroup is the group that reads.")
    error_topic: Unset[Topic] = Field(default=None, description="errorTopic is the error topic, given or derived.")
    input_partitions: Unset[int] = Field(
        default=None, ge=0, description="inputPartitions is the number of partitions of the input topic."
    )
    subscribed_at: Unset[Time] = Field(
        default=None, description="subscribedAt is when the group's first offsets were committed."
    )
    checked_at: Unset[Time] = Field(
        default=None, description="checkedAt is when the active revision last passed a pre-flight."
    )
    prepare: Unset[PrepareStatus] = Field(default=None, description="prepare is the last pre-flight that ended.")


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
    workers: Unset[WorkersStatus] = Field(default=None, description="workers is how far their rollout came.")
