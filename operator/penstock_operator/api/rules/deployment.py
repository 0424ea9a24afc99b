"""Rules of a ModelDeployment as a whole, of its delivery, its scaling and its workers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from penstock_operator.api.derived import ERROR_TOPIC_SUFFIX, error_topic_of
from penstock_operator.api.rules.given import has
from penstock_operator.api.rules.rule import Rule

if TYPE_CHECKING:
    from penstock_operator.api.delivery import Delivery
    from penstock_operator.api.kafka import Topics
    from penstock_operator.api.scaling import Scaling
    from penstock_operator.api.v1alpha1 import ModelDeployment, ModelDeploymentSpec
    from penstock_operator.api.worker import Rollout

NAME_LENGTH: Final = 40
# Names of Services begin with a letter and hold no dot (RFC 1035), and `<name>-model` is one.
_NAME_PATTERN = "^[a-z]([-a-z0-9]*[a-z0-9])?$"

NAME_LEAVES_ROOM: Final[Rule[ModelDeployment]] = Rule(
    name="name-leaves-room",
    field="metadata.name",
    cel=f"size(self.metadata.name) <= {NAME_LENGTH} && self.metadata.name.matches('{_NAME_PATTERN}')",
    message=f"the name must have at most {NAME_LENGTH} characters, lower-case letters, digits and '-', and begin with "
    "a letter, so that the names made from it fit",
    holds=lambda root: (
        len(root.metadata.name) <= NAME_LENGTH and re.fullmatch(_NAME_PATTERN, root.metadata.name) is not None
    ),
)

BATCHING_PROTOCOLS: Final = ("JSON",)

BATCHING_NEEDS_A_PROTOCOL: Final[Rule[ModelDeploymentSpec]] = Rule(
    name="batching-needs-a-protocol",
    field="delivery.batch.maxRecords",
    cel=f"self.delivery.batch.maxRecords == 1 || self.model.protocol in {list(BATCHING_PROTOCOLS)}",
    message=f"must be 1: only {', '.join(BATCHING_PROTOCOLS)} can put several records into one request",
    holds=lambda spec: spec.delivery.batch.max_records == 1 or spec.model.protocol in BATCHING_PROTOCOLS,
)

PREDICTION_LOG_APART: Final[Rule[ModelDeploymentSpec]] = Rule(
    name="prediction-log-apart",
    field="predictionLog.topic",
    cel="!has(self.predictionLog) || !(self.predictionLog.topic in [self.kafka.topics.input, self.kafka.topics.output,"
    f" has(self.kafka.topics.error) ? self.kafka.topics.error : self.kafka.topics.output + '{ERROR_TOPIC_SUFFIX}'])",
    message="must differ from the input, output and error topic; give the log a topic of its own",
    holds=lambda spec: spec.prediction_log is None or spec.prediction_log.topic not in _all_topics(spec.kafka.topics),
)


def _all_topics(topics: Topics) -> tuple[str, str, str]:
    return topics.input, topics.output, error_topic_of(topics.error, output=topics.output)


WINDOW_HOLDS_A_BATCH: Final[Rule[Delivery]] = Rule(
    name="window-holds-a-batch",
    field="maxInFlightRecords",
    cel="!has(self.maxInFlightRecords) || self.maxInFlightRecords >= self.batch.maxRecords",
    message="must be at least batch.maxRecords, or a batch never fills",
    holds=lambda delivery: (
        delivery.max_in_flight_records is None or delivery.max_in_flight_records >= delivery.batch.max_records
    ),
)

# The API server tries a rule on the object's default {} as it stands, hence `has` where fields have defaults below it.

MIN_NOT_ABOVE_MAX: Final[Rule[Scaling]] = Rule(
    name="min-not-above-max",
    field="minReplicas",
    cel="!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas",
    message="must not be above maxReplicas (10 where unset)",
    holds=lambda scaling: scaling.min_replicas <= scaling.max_replicas,
)

REPLICAS_ONLY_FIXED: Final[Rule[Scaling]] = Rule(
    name="replicas-only-fixed",
    field="replicas",
    cel="!has(self.replicas) || self.mode == 'Fixed'",
    message="is for mode: Fixed only; set mode: Fixed, or minReplicas and maxReplicas instead",
    holds=lambda scaling: not has(scaling, "replicas") or scaling.mode == "Fixed",
)

ROLLOUT_CAN_MOVE: Final[Rule[Rollout]] = Rule(
    name="rollout-can-move",
    field="maxUnavailable",
    cel="!has(self.maxSurge) || !has(self.maxUnavailable) || self.maxSurge + self.maxUnavailable > 0",
    message="and maxSurge must not both be 0, or no pod could ever be replaced",
    holds=lambda rollout: rollout.max_surge + rollout.max_unavailable > 0,
)
