"""The outcome table: every status means one thing."""

import pytest

from penstock_worker.core.outcomes import DEFINITIVE, OUTCOME_OF_STATUS, Outcome, WireFault


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ([200, 201, 204, 299], Outcome.DONE),
        ([429, 503], Outcome.NOT_NOW),
        ([408, 425, 500, 501, 502, 504, 505, 599, 999], Outcome.FAILED),
        ([401, 403, 404, 405], Outcome.MISCONFIGURED),
        ([400, 402, 406, 409, 413, 415, 422, 451, 499], Outcome.REFUSED),
        ([300, 301, 302, 304, 307, 308, 399, 0, 101, 199], Outcome.UNUSABLE),
    ],
)
def test_what_a_status_means(statuses: list[int], outcome: Outcome) -> None:
    assert {OUTCOME_OF_STATUS[status] for status in statuses} == {outcome}


def test_every_status_of_three_digits_has_an_outcome() -> None:
    assert len(OUTCOME_OF_STATUS) == 1000


def test_only_an_answer_about_the_record_itself_proves_the_model_alive() -> None:
    assert {Outcome.DONE, Outcome.REFUSED, Outcome.UNUSABLE} == DEFINITIVE


def test_what_never_reached_the_model_costs_no_attempt_and_what_did_costs_one() -> None:
    assert {fault.outcome for fault in WireFault if fault is not WireFault.NO_CONNECTION} == {
        Outcome.FAILED,
        Outcome.UNUSABLE,
    }
    assert WireFault.NO_CONNECTION.outcome is Outcome.NOT_NOW
    assert WireFault.TOO_LARGE.outcome is Outcome.UNUSABLE
