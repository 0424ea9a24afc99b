"""`ModelReady`: whether the model runs, and how it answers the workers. Ready does not depend on it: a model that is
away for a while is the normal life of a worker. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from penstock_operator.api.derived import Placement
from penstock_operator.decision.conditions.verdict import Verdict, no, unknown, yes
from penstock_operator.decision.pod_troubles import Trouble
from penstock_operator.decision.pods import is_container_ready
from penstock_operator.decision.workers import Rollout
from penstock_operator.observed import Manifest, NoReport, WorkerReport
from penstock_operator.reasons import KNOWN, Reason
from penstock_operator.render.pod.model import MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSeen:
    """`at_zero`: no worker is wanted now. `service`: the model's own Deployment, for placement Service. `trouble`: what
    keeps the model's pods back.

    `before`: the verdict of an earlier pass, which stands while a worker is being asked.
    """

    placement: Placement
    paused: bool
    at_zero: bool
    workers: Sequence[Manifest]
    service: Rollout | None
    trouble: Trouble | None
    report: WorkerReport | NoReport
    before: Verdict | None


def model_ready(seen: ModelSeen) -> Verdict:
    stands = _stands(seen)
    if stands is not None:
        return stands
    if isinstance(seen.report, WorkerReport):
        return _answers(seen.report)
    if seen.report is NoReport.NO_ANSWER:
        return unknown(Reason.NOT_OBSERVED, "no worker could be asked how the model answers: port 8089 gave no answer")
    if seen.before and seen.before.reason in _TOLD_BY_WORKERS:
        return seen.before
    return unknown(Reason.NOT_OBSERVED, "no worker has been asked yet how the model answers")


def _stands(seen: ModelSeen) -> Verdict | None:
    """What can be said without asking a worker; None where the model runs."""
    if seen.placement == "Service" and not (seen.service and seen.service.available):
        return _not_available(seen.trouble)
    if not seen.workers:
        return _without_workers(seen)
    if seen.placement == "Sidecar" and not any(is_container_ready(pod, MODEL) for pod in seen.workers):
        return _not_started(seen.trouble)
    return None


def _not_available(trouble: Trouble | None) -> Verdict:
    if trouble:
        return no(trouble.reason, trouble.message)
    return no(Reason.STARTING, "no pod of the model is ready yet")


def _not_started(trouble: Trouble | None) -> Verdict:
    if trouble:
        return no(trouble.reason, trouble.message)
    return no(Reason.STARTING, "the model is not ready in any worker's pod yet")


def _without_workers(seen: ModelSeen) -> Verdict:
    if seen.placement == "Service":
        return yes(Reason.MODEL_AVAILABLE, "the model's pods are ready; no worker runs that could tell how it answers")
    reason = Reason.PAUSED if seen.paused else Reason.SCALED_TO_ZERO if seen.at_zero else Reason.NOT_OBSERVED
    return unknown(reason, "no worker runs that could tell how the model answers")


def _answers(report: WorkerReport) -> Verdict:
    if report.breaker == "Closed":
        return yes(Reason.MODEL_AVAILABLE, "the model runs, and workers have no complaint about its answers")
    reason = KNOWN.get(report.reason or "", Reason.MODEL_DOWN)
    if reason is Reason.MODEL_MISCONFIGURED:
        return no(
            reason, "the model refuses every request; compare spec.model.protocol, path and name with what it serves"
        )
    return no(Reason.MODEL_DOWN, "the model does not answer, or answers nothing but errors; workers hold their records")


_TOLD_BY_WORKERS = frozenset(
    {Reason.MODEL_AVAILABLE, Reason.MODEL_DOWN, Reason.MODEL_MISCONFIGURED, Reason.NOT_OBSERVED}
)
