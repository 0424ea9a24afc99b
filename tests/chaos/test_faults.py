"""The fault plan is what the model does and what the ledger expects: one answer for both."""

from hypothesis import given
from hypothesis import strategies as st

from chaos.faults import ENDS_AS_ERROR, FaultPlan, Kind, answer, error_answer, number_of
from chaos.ledger import Sent

plans = st.builds(
    FaultPlan,
    seed=st.integers(0, 1000),
    per_million=st.dictionaries(st.sampled_from(list(Kind)), st.integers(0, 80_000)),
)
numbers = st.integers(0, 10_000_000)


def sent(number: int, value: bytes | None) -> Sent:
    return Sent(number, "in", 0, 0, 0, None, value, ())


@given(plan=plans, number=numbers)
def test_a_record_meets_the_same_fault_every_time(plan: FaultPlan, number: int) -> None:
    assert plan.kind_of(number) is plan.kind_of(number)


@given(plan=plans, number=numbers)
def test_faults_end_after_some_attempts_unless_the_record_ends_as_an_error(plan: FaultPlan, number: int) -> None:
    kind = plan.kind_of(number)
    assert plan.attempt(number, 0) is kind
    assert (plan.attempt(number, 100) is None) == (kind not in ENDS_AS_ERROR)


def test_shares_are_of_a_million() -> None:
    plan = FaultPlan(seed=1, per_million={Kind.REFUSED: 100_000, Kind.SLOW: 50_000})
    kinds = [plan.kind_of(number) for number in range(20_000)]
    assert 1_800 < kinds.count(Kind.REFUSED) < 2_200
    assert 850 < kinds.count(Kind.SLOW) < 1_150


@given(number=numbers)
def test_the_number_survives_the_way_to_the_model_and_back(number: int) -> None:
    value = b'{"id":%d,"x":[]}' % number
    assert number_of(value) == number
    assert b'{"id":%d,' % number in answer(value)
    assert b'{"id":%d,' % number in error_answer(value)


@given(plan=plans, number=numbers)
def test_a_null_value_ends_on_the_error_topic_whatever_the_plan(plan: FaultPlan, number: int) -> None:
    assert plan.expected(sent(number, None)).side == "error"


@given(plan=plans, number=numbers)
def test_what_the_model_refuses_is_expected_on_the_error_topic(plan: FaultPlan, number: int) -> None:
    side = plan.expected(sent(number, b'{"id":%d,"x":[]}' % number)).side
    assert side == ("error" if plan.kind_of(number) in ENDS_AS_ERROR else "output")
