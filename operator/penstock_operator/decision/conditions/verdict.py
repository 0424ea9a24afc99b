"""What a condition says, before it has a time. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from penstock_operator.api.status import Condition
from penstock_operator.reasons import KNOWN, AnyReason

Truth = Literal["True", "False", "Unknown"]

READY: Final = "Ready"
RECONCILING: Final = "Reconciling"
STALLED: Final = "Stalled"
KAFKA_READY: Final = "KafkaReady"
MODEL_READY: Final = "ModelReady"
WORKERS_READY: Final = "WorkersReady"
SCALER_READY: Final = "ScalerReady"

TYPES: Final = (READY, RECONCILING, STALLED, KAFKA_READY, MODEL_READY, WORKERS_READY, SCALER_READY)
PARTS: Final = (KAFKA_READY, MODEL_READY, WORKERS_READY, SCALER_READY)


@dataclass(frozen=True, slots=True)
class Verdict:
    status: Truth
    reason: AnyReason
    message: str

    @property
    def holds(self) -> bool:
        return self.status == "True"


Verdicts = Mapping[str, Verdict]
"""By the condition's type."""


def yes(reason: AnyReason, message: str) -> Verdict:
    return Verdict("True", reason, message)


def no(reason: AnyReason, message: str) -> Verdict:
    return Verdict("False", reason, message)


def unknown(reason: AnyReason, message: str) -> Verdict:
    return Verdict("Unknown", reason, message)


def as_before(conditions: Mapping[str, Condition], kind: str) -> Verdict | None:
    """What an earlier pass said; None where there was none, or one of an operator with other reasons."""
    before = conditions.get(kind)
    reason = KNOWN.get(before.reason) if before else None
    return Verdict(before.status, reason, before.message) if before and reason else None
