"""`KafkaReady`: the last pre-flight of what workers use, or of what they are to use. Pure."""

from penstock_operator.api.status import KafkaStatus, PrepareStatus
from penstock_operator.decision.conditions.verdict import Verdict, no, unknown, yes
from penstock_operator.decision.pod_troubles import Trouble
from penstock_operator.decision.revisions import Revisions
from penstock_operator.observed import NoReport, WorkerReport
from penstock_operator.reasons import KNOWN, Reason


def kafka_ready(
    revisions: Revisions,
    kafka: KafkaStatus,
    report: WorkerReport | NoReport,
    *,
    prepare_trouble: Trouble | None,
    before: Verdict | None,
) -> Verdict:
    """`prepare_trouble`: why the pre-flight that runs does not get on. `before`: the verdict of an earlier pass, whose
    word on the output stands while a worker is being asked.
    """
    record, candidate = kafka.prepare, revisions.candidate
    if candidate is None:
        unwritable = _unwritable(report, before)
        return unwritable or _of_active(kafka, record)
    if prepare_trouble:
        return no(prepare_trouble.reason, f"the pre-flight does not get on: {prepare_trouble.message}")
    if record and record.revision == candidate.hash and record.failures:
        return _failed(record, _goes_on(revisions))
    if revisions.active_hash and not revisions.active:
        return no(Reason.ACTIVE_REVISION_LOST, _lost(revisions))
    return unknown(Reason.PREPARING, f"revision {candidate.hash} is being checked{_goes_on(revisions)}")


def _unwritable(report: WorkerReport | NoReport, before: Verdict | None) -> Verdict | None:
    if isinstance(report, WorkerReport) and report.output == Reason.OUTPUT_UNWRITABLE.text:
        return no(Reason.OUTPUT_UNWRITABLE, "a worker cannot write to the output or error topic; it holds its records")
    stands = report is NoReport.NOT_ASKED and before is not None and before.reason is Reason.OUTPUT_UNWRITABLE
    return before if stands else None


def _of_active(kafka: KafkaStatus, record: PrepareStatus | None) -> Verdict:
    if record is None or record.revision != kafka.active_revision:
        return yes(Reason.PREPARED, _passed(kafka, ""))
    if record.failures:
        return _failed(record, "; workers go on")
    return yes(Reason.PREPARED, _passed(kafka, record.message))


def _failed(record: PrepareStatus, rest: str) -> Verdict:
    reason = KNOWN.get(record.reason or "", Reason.PREPARE_FAILED)
    return no(reason, f"{record.message}{rest}; last tried at {record.finished_at}")


def _passed(kafka: KafkaStatus, found: str) -> str:
    checked = f"revision {kafka.active_revision} passed its pre-flight"
    return "; ".join(
        part for part in (found, checked + (f" at {kafka.checked_at}" if kafka.checked_at else "")) if part
    )


def _goes_on(revisions: Revisions) -> str:
    return f"; workers go on with revision {revisions.active_hash}" if revisions.active_hash else ""


def _lost(revisions: Revisions) -> str:
    return (
        f"the ConfigMap of revision {revisions.active_hash}, which workers use, was deleted, and the spec asks for "
        f"revision {revisions.spec.hash}, which has not passed its pre-flight"
    )
