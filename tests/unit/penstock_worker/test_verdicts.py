"""What each setback leads to, and what it costs."""

import pytest

from penstock_worker.core.breaker import Breaker, BreakerState, Trouble
from penstock_worker.core.outcomes import Outcome
from penstock_worker.core.retries import RetryBudget
from penstock_worker.core.verdicts import Action, Circumstances, Judge, Setback, Verdict
from penstock_worker.messages import Batch, Call, Fault, Record
from support.builders import Source

NOW = 100.0


def setback(outcome: Outcome, *, lost_endpoint: bool = False, retry_after_seconds: float | None = None) -> Setback:
    return Setback(outcome, None, "because", lost_endpoint=lost_endpoint, retry_after_seconds=retry_after_seconds)


def around(*, has_endpoint: bool = True, concurrency: int = 64) -> Circumstances:
    return Circumstances(has_endpoint, concurrency, 1.0)


def new_judge(*, max_attempts: int = 8) -> Judge:
    breaker = Breaker()
    breaker.start(0.0)
    breaker.definitive(1.0, done=True)
    return Judge(RetryBudget(max_attempts, 300), breaker)


def record() -> Record:
    return Source().record()


def batch(records: int = 3, *, last_chance: bool = False) -> Batch:
    return Batch(tuple(Source().records(*[None] * records)), b"[]", last_chance=last_chance)


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (Outcome.REFUSED, Fault.MODEL_REFUSED),
        (Outcome.UNUSABLE, Fault.BAD_MODEL_RESPONSE),
        (Outcome.MISCONFIGURED, Fault.MODEL_MISCONFIGURED),
    ],
)
def test_what_the_model_said_about_a_record_is_final(outcome: Outcome, fault: Fault) -> None:
    for call in (record(), batch(1)):
        assert new_judge().judge(call, setback(outcome), NOW, around()) == Verdict(Action.ERROR, fault=fault)
        assert call.attempts is None


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNUSABLE])
def test_about_a_batch_it_is_not(outcome: Outcome) -> None:
    assert new_judge().judge(batch(2), setback(outcome), NOW, around()).action is Action.BISECT


def test_a_misconfigured_answer_is_about_no_record_of_the_batch_in_particular() -> None:
    assert new_judge().judge(batch(2), setback(Outcome.MISCONFIGURED), NOW, around()).action is Action.ERROR


def test_what_reached_no_model_goes_to_another_address_at_once() -> None:
    judge, call = new_judge(), record()
    assert judge.judge(call, setback(Outcome.NOT_NOW, lost_endpoint=True), NOW, around()) == Verdict(Action.AT_ONCE)
    assert call.attempts is None
    assert judge.breaker.state is BreakerState.CLOSED


def test_without_another_address_the_model_is_down() -> None:
    judge = new_judge()
    judge.judge(record(), setback(Outcome.NOT_NOW, lost_endpoint=True), NOW, around(has_endpoint=False))
    assert judge.breaker.trouble is Trouble.MODEL_DOWN


def test_being_turned_away_waits_longer_each_time_and_costs_nothing() -> None:
    judge, call = new_judge(max_attempts=1), record()
    verdicts = [judge.judge(call, setback(Outcome.NOT_NOW), NOW, around()) for _ in range(3)]
    assert verdicts == [Verdict(Action.LATER, delay) for delay in (0.1, 0.2, 0.4)]
    assert call.attempts is not None
    assert call.attempts.failures == 0


def test_the_models_wish_is_granted() -> None:
    verdict = new_judge().judge(record(), setback(Outcome.NOT_NOW, retry_after_seconds=7), NOW, around())
    assert verdict == Verdict(Action.LATER, 7)


@pytest.mark.parametrize(("concurrency", "trouble"), [(1, Trouble.MODEL_DOWN), (2, None)])
def test_only_a_model_that_turns_away_single_requests_is_down(concurrency: int, trouble: Trouble | None) -> None:
    judge = new_judge()
    for _ in range(10):
        judge.judge(record(), setback(Outcome.NOT_NOW), NOW, around(concurrency=concurrency))
    assert judge.breaker.trouble is trouble


def fail(judge: Judge, call: Call, times: int, *, at: float = NOW) -> list[Action]:
    return [judge.judge(call, setback(Outcome.FAILED), at, around()).action for _ in range(times)]


def test_a_record_is_given_up_when_its_budget_is_spent_and_the_model_was_alive_since() -> None:
    judge, call = new_judge(max_attempts=3), record()
    assert fail(judge, call, 2) == [Action.LATER] * 2
    judge.breaker.definitive(NOW + 1, done=True)
    assert judge.judge(call, setback(Outcome.FAILED), NOW + 2, around()) == Verdict(
        Action.ERROR, fault=Fault.RETRIES_EXHAUSTED
    )


@pytest.mark.parametrize("alive_at", [None, NOW - 1, NOW])
def test_a_model_that_answered_nobody_since_is_down(alive_at: float | None) -> None:
    judge, call = new_judge(max_attempts=2), record()
    judge.breaker.last_definitive_at = alive_at
    assert fail(judge, call, 2) == [Action.LATER] * 2
    assert judge.breaker.trouble is Trouble.MODEL_DOWN


def test_a_readiness_answer_proves_the_model_alive_as_well() -> None:
    judge, call = new_judge(max_attempts=2), record()
    fail(judge, call, 1)
    judge.breaker.ready(NOW + 1)
    assert fail(judge, call, 1, at=NOW + 2) == [Action.ERROR]


def test_ten_failures_in_a_row_open_the_breaker_whosever_they_are() -> None:
    judge = new_judge()
    for _ in range(10):
        judge.judge(record(), setback(Outcome.FAILED), NOW, around(concurrency=4))
    assert judge.breaker.trouble is Trouble.MODEL_DOWN


def test_a_failure_that_ejects_the_last_address_opens_it_too() -> None:
    judge = new_judge()
    judge.judge(record(), setback(Outcome.FAILED), NOW, around(has_endpoint=False))
    assert judge.breaker.trouble is Trouble.MODEL_DOWN


def test_the_failure_that_opens_the_breaker_gives_nothing_up() -> None:
    judge, call = new_judge(max_attempts=2), record()
    fail(judge, call, 1)
    judge.breaker.definitive(NOW + 1, done=True)
    verdict = judge.judge(call, setback(Outcome.FAILED), NOW + 2, around(has_endpoint=False))
    assert verdict.action is Action.LATER


@pytest.mark.parametrize("outcome", [Outcome.NOT_NOW, Outcome.FAILED])
def test_in_an_outage_nothing_costs_anything(outcome: Outcome) -> None:
    judge, call = new_judge(max_attempts=1), record()
    judge.breaker.open(NOW, Trouble.MODEL_DOWN)
    assert judge.judge(call, setback(outcome), NOW + 1, around()) == Verdict(Action.LATER)
    assert call.attempts is None or call.attempts.failures == 0


@pytest.mark.parametrize(("has_endpoint", "action"), [(True, Action.AT_ONCE), (False, Action.LATER)])
def test_in_an_outage_a_probe_that_reached_no_model_goes_to_another_address(has_endpoint: bool, action: Action) -> None:
    judge = new_judge()
    judge.breaker.open(NOW, Trouble.MODEL_DOWN)
    lost = setback(Outcome.NOT_NOW, lost_endpoint=True)
    assert judge.judge(record(), lost, NOW + 1, around(has_endpoint=has_endpoint)).action is action


def test_a_batch_is_cut_after_two_failures_while_the_model_answers_others() -> None:
    judge, call = new_judge(), batch(4)
    assert fail(judge, call, 1) == [Action.LATER]
    judge.breaker.definitive(NOW + 1, done=True)
    assert fail(judge, call, 1, at=NOW + 2) == [Action.BISECT]


def test_a_batch_is_not_cut_while_the_model_answers_nobody() -> None:
    judge, call = new_judge(), batch(4)
    assert fail(judge, call, 7) == [Action.LATER] * 7
    assert judge.breaker.state is BreakerState.CLOSED


def test_a_part_of_a_batch_that_was_given_up_has_one_try() -> None:
    judge, part = new_judge(), batch(2, last_chance=True)
    fail(judge, part, 1)
    assert part.attempts is not None
    part.attempts.failed_at = 0.5
    assert fail(judge, part, 1) == [Action.BISECT]


def test_a_single_record_of_a_batch_has_its_whole_budget() -> None:
    judge, single = new_judge(max_attempts=3), batch(1)
    fail(judge, single, 1)
    judge.breaker.definitive(NOW + 1, done=True)
    assert fail(judge, single, 2, at=NOW + 2) == [Action.LATER, Action.ERROR]
