"""Whatever the parts say, Ready, Reconciling and Stalled fit them and each other, as kstatus reads them."""

from hypothesis import given
from hypothesis import strategies as st

from penstock_operator.decision.conditions.ready import Progress, summed_up
from penstock_operator.decision.conditions.verdict import PARTS, TYPES, Verdict
from penstock_operator.reasons import ENDS_IN_THE_SPEC, Reason, Tone, WorkerReason

REASONS = [*Reason, *WorkerReason]
ENDS = [reason for reason in REASONS if reason.tone is not Tone.GOOD]

verdicts = st.one_of(
    st.builds(
        Verdict, st.just("True"), st.sampled_from([each for each in REASONS if each.tone is Tone.GOOD]), st.just("")
    ),
    st.builds(Verdict, st.sampled_from(["False", "Unknown"]), st.sampled_from(ENDS), st.just("")),
)
parts = st.fixed_dictionaries(dict.fromkeys(PARTS, verdicts))
progresses = st.builds(
    Progress,
    obstacle=st.none() | st.tuples(st.sampled_from([Reason.CONFLICT, Reason.CHILD_REFUSED]), st.just("in the way")),
    prepared=st.booleans(),
    rolled_out=st.booleans(),
    model_rolled_out=st.booleans(),
    paused=st.booleans(),
    workers_ready=st.integers(0, 2),
    workers_wanted=st.integers(0, 2),
    notes=st.just(()),
)


@given(parts, progresses)
def test_ready_is_true_only_where_every_part_that_it_needs_is(
    given_parts: dict[str, Verdict], progress: Progress
) -> None:
    ready = summed_up(given_parts, progress)["Ready"]
    if ready.holds:
        assert progress.obstacle is None
        assert progress.prepared
        assert progress.rolled_out
        assert progress.model_rolled_out
        assert given_parts["KafkaReady"].holds
        at_zero = not progress.workers_wanted and given_parts["ScalerReady"].holds
        assert progress.workers_ready or progress.paused or at_zero


@given(parts, progresses)
def test_ready_stalled_and_reconciling_exclude_each_other(given_parts: dict[str, Verdict], progress: Progress) -> None:
    sums = summed_up(given_parts, progress)
    assert [sums[kind].holds for kind in ("Ready", "Stalled", "Reconciling")].count(True) <= 1
    assert set(sums) == set(TYPES)


@given(parts, progresses)
def test_stalled_is_only_what_a_change_of_the_spec_mends(given_parts: dict[str, Verdict], progress: Progress) -> None:
    stalled = summed_up(given_parts, progress)["Stalled"]
    assert stalled.holds == (stalled.reason in ENDS_IN_THE_SPEC)


@given(parts, progresses)
def test_a_sum_has_a_reason_that_fits_its_status(given_parts: dict[str, Verdict], progress: Progress) -> None:
    ready = summed_up(given_parts, progress)["Ready"]
    assert ready.holds == (ready.reason.tone is Tone.GOOD)
