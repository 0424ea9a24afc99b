"""`spec.scaling`: how many workers run. The behaviour is that of a HorizontalPodAutoscaler, with calmer defaults."""

from typing import Literal

from pydantic import Field

from penstock_operator.api.base import ApiModel, Items, Unset
from penstock_operator.api.rules import deployment as rules


class ScalingPolicy(ApiModel):
    type: Literal["Pods", "Percent"] = Field(description="type is the unit of value.")
    value: int = Field(ge=1, le=10000, description="value is the largest change in one period, in pods or per cent.")
    period_seconds: int = Field(ge=1, le=1800, description="periodSeconds is the length of a period.")


def _policy(kind: str, value: int) -> ScalingPolicy:
    return ScalingPolicy.model_validate({"type": kind, "value": value, "periodSeconds": 60})


class ScaleUp(ApiModel):
    stabilization_window_seconds: int = Field(
        default=30, ge=0, le=3600, description="stabilizationWindowSeconds is how long more must have been wanted."
    )
    select_policy: Literal["Max", "Min", "Disabled"] = Field(
        default="Max", description="selectPolicy is which policy counts where several allow a change."
    )
    policies: Items[ScalingPolicy] = Field(
        default=(_policy("Percent", 100), _policy("Pods", 4)),
        max_length=8,
        description="policies bound how fast workers are added; at most 8.",
    )


class ScaleDown(ApiModel):
    stabilization_window_seconds: int = Field(
        default=300, ge=0, le=3600, description="stabilizationWindowSeconds is how long fewer must have been wanted."
    )
    select_policy: Literal["Max", "Min", "Disabled"] = Field(
        default="Max", description="selectPolicy is which policy counts where several allow a change."
    )
    policies: Items[ScalingPolicy] = Field(
        default=(_policy("Percent", 25),),
        max_length=8,
        description="policies bound how fast workers are removed; at most 8.",
    )


class ScalingBehavior(ApiModel):
    scale_up: ScaleUp = Field(default=ScaleUp(), description="scaleUp is how workers are added.")
    scale_down: ScaleDown = Field(default=ScaleDown(), description="scaleDown is how workers are removed.")


class Scaling(ApiModel):
    rules = (rules.MIN_NOT_ABOVE_MAX, rules.REPLICAS_ONLY_FIXED)

    mode: Literal["Lag", "Fixed"] = Field(
        default="Lag", description="mode is Lag, by the consumer group's backlog (KEDA), or Fixed."
    )
    replicas: Unset[int] = Field(
        default=None, ge=0, le=1000, description="replicas is the number of workers with mode: Fixed. Unset: 1."
    )
    min_replicas: int = Field(
        default=1, ge=0, le=1000, description="minReplicas is the fewest workers with mode: Lag; 0 scales to zero."
    )
    max_replicas: int = Field(default=10, ge=1, le=1000, description="maxReplicas is the most workers with mode: Lag.")
    lag_threshold: int = Field(
        default=2000,
        ge=1,
        le=1_000_000_000,
        description="lagThreshold is the backlog per worker, in records; those in flight count as backlog.",
    )
    polling_interval_seconds: int = Field(
        default=15, ge=1, le=3600, description="pollingIntervalSeconds is how often the backlog is read."
    )
    cooldown_period_seconds: int = Field(
        default=300,
        ge=0,
        le=86400,
        description="cooldownPeriodSeconds is how long there must be no backlog before the last worker goes.",
    )
    behavior: ScalingBehavior = Field(
        default=ScalingBehavior(), description="behavior bounds how fast workers are added and removed."
    )
