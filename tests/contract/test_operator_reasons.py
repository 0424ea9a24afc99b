"""The operator's list of the worker's reasons is the worker's own; neither package imports the other."""

from penstock_operator.reasons import KNOWN, Reason, WorkerReason
from penstock_worker.core.breaker import Trouble
from penstock_worker.prepare.result import PREPARED
from penstock_worker.reasons import Reason as OfTheWorker


def test_every_reason_of_the_worker_is_known_by_name_and_exit_code() -> None:
    theirs = {(reason.text, reason.exit_code) for reason in OfTheWorker}
    assert {(reason.text, reason.exit_code) for reason in WorkerReason} == theirs


def test_what_a_pre_flight_that_passed_says_is_a_reason() -> None:
    assert Reason.PREPARED.text == PREPARED


def test_why_a_breaker_is_open_is_a_reason() -> None:
    assert {trouble.value for trouble in Trouble} <= KNOWN.keys()


def test_no_name_means_two_things() -> None:
    assert len(KNOWN) == len(Reason) + len(WorkerReason)
