"""`ScalerReady`: whether somebody sees to the number of workers. Pure."""

from datetime import datetime, timedelta
from typing import Final

from penstock_operator.decision.conditions.verdict import Verdict, no, unknown, yes
from penstock_operator.decision.texts import quoted
from penstock_operator.decision.times import parse_time
from penstock_operator.observed import Manifest
from penstock_operator.reasons import Reason

GONE_WITHIN_SECONDS: Final = 30


def fixed_scaler(scaled_object: Manifest | None, now: datetime) -> Verdict:
    """`spec.scaling.mode: Fixed`: a ScaledObject has to go before replicas are ours to write."""
    if scaled_object is None:
        return yes(Reason.FIXED_REPLICAS, "spec.scaling.mode is Fixed")
    stuck_at = stuck_since(scaled_object)
    if stuck_at is not None and stuck_at <= now:
        name = scaled_object["metadata"]["name"]
        return no(Reason.SCALER_STUCK, f"ScaledObject {name} is deleted but does not go; KEDA holds its finalizer")
    return unknown(Reason.CHILD_TERMINATING, "the ScaledObject has to go before the number of workers is fixed")


def stuck_since(scaled_object: Manifest) -> datetime | None:
    """From when on it counts as stuck; None where it is not being deleted."""
    deleted_at = parse_time(scaled_object["metadata"].get("deletionTimestamp"))
    return deleted_at + timedelta(seconds=GONE_WITHIN_SECONDS) if deleted_at else None


def lag_scaler(
    scaled_object: Manifest | None,
    *,
    keda_present: bool | None,
    has_workers: bool,
    paused: bool,
    before: Verdict | None,
) -> Verdict:
    """`before`: the verdict of an earlier pass, which stands while KEDA's presence is not known."""
    if keda_present is None:
        return before or unknown(Reason.SCALER_PENDING, "it is not known yet whether KEDA is installed")
    if not keda_present:
        return no(Reason.KEDA_NOT_INSTALLED, "the API server has no API group keda.sh; the number of workers stays")
    if paused:  # KEDA judges nothing meanwhile
        return yes(Reason.PAUSED, "spec.paused is true: nothing scales")
    if scaled_object is None:
        waits = "the ScaledObject is being made" if has_workers else "there is nothing to scale yet"
        return unknown(Reason.SCALER_PENDING, waits)
    return _of_keda(scaled_object)


def _of_keda(scaled_object: Manifest) -> Verdict:
    conditions = (scaled_object.get("status") or {}).get("conditions") or ()
    ready: Manifest = next((each for each in conditions if each.get("type") == "Ready"), {})
    if ready.get("status") == "True":
        return yes(Reason.SCALING_BY_LAG, "KEDA reads the consumer group's lag")
    if ready.get("status") == "False":
        return no(Reason.SCALER_NOT_READY, f"KEDA: {quoted(ready.get('message'))}")
    return unknown(Reason.SCALER_PENDING, "KEDA has not judged the ScaledObject yet")
