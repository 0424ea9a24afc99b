"""`input = output + error`: each fed record is answered once, whatever the order of news."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.ledger import ERROR, OUTPUT, Counts, Ledger, Source
from penstock.offset_ranges import OffsetRanges


def test_fed_records_are_counted_by_the_kind_of_their_answer() -> None:
    ledger = Ledger()
    for offset in range(3):
        ledger.fed(Source(0, offset))
    ledger.answered(OUTPUT, Source(0, 0))
    ledger.answered(ERROR, Source(0, 2))
    assert ledger.counts == Counts(input=3, output=1, error=1)
    assert ledger.counts.unanswered == 1


def test_an_answer_read_before_the_delivery_report_counts() -> None:
    ledger = Ledger()
    ledger.answered(OUTPUT, Source(1, 5))
    assert ledger.counts == Counts()
    ledger.fed(Source(1, 5))
    assert ledger.counts == Counts(input=1, output=1)


def test_a_duplicate_answer_counts_once_even_when_it_changes_its_kind() -> None:
    ledger = Ledger()
    ledger.fed(Source(0, 0))
    assert ledger.answered(OUTPUT, Source(0, 0))
    assert not ledger.answered(ERROR, Source(0, 0))
    assert ledger.counts == Counts(input=1, output=1)
    assert ledger.duplicates == 1


def test_answers_to_what_somebody_else_fed_are_kept_apart() -> None:
    ledger = Ledger()
    ledger.fed(Source(0, 11))
    ledger.answered(OUTPUT, Source(0, 10))
    ledger.answered(OUTPUT, Source(0, 11))
    assert ledger.counts == Counts(input=1, output=1)
    assert ledger.answers_to_others == 1
    assert ledger.read(OUTPUT) == 2


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 12)), max_size=80), st.randoms())
def test_the_order_of_reports_and_answers_does_not_matter(news: list[tuple[bool, int, int]], order: object) -> None:
    """A naive count over sets is the reference; reports come once a record, answers any number of times."""
    fed = {Source(partition, offset) for is_report, partition, offset in news if is_report}
    answers = [Source(partition, offset) for is_report, partition, offset in news if not is_report]
    steps: list[tuple[bool, Source]] = [(True, source) for source in fed] + [(False, source) for source in answers]
    order.shuffle(steps)  # type: ignore[attr-defined]
    ledger = Ledger()
    for is_report, source in steps:
        if is_report:
            ledger.fed(source)
        else:
            ledger.answered(OUTPUT, source)
    assert ledger.counts == Counts(input=len(fed), output=len(fed & set(answers)))
    assert ledger.duplicates == len(answers) - len(set(answers))
    assert ledger.answers_to_others == len(set(answers) - fed)


@given(st.lists(st.integers(0, 40)))
def test_offset_ranges_are_a_set(offsets: list[int]) -> None:
    ranges, reference = OffsetRanges(), set[int]()
    for offset in offsets:
        assert ranges.add(offset) == (offset not in reference)
        reference.add(offset)
    assert len(ranges) == len(reference)
    assert {offset for offset in range(42) if offset in ranges} == reference


@given(st.sets(st.integers(0, 20)), st.integers(0, 20))
def test_the_end_of_a_range_is_the_first_offset_that_is_missing(offsets: set[int], start: int) -> None:
    ranges = OffsetRanges()
    for offset in sorted(offsets):
        ranges.add(offset)
    assert ranges.end_of(start) == next(offset for offset in range(start, 23) if offset not in offsets)


def test_answers_are_complete_up_to_the_first_that_was_not_read() -> None:
    ledger = Ledger()
    for offset in (3, 4, 6):
        ledger.answered(OUTPUT, Source(0, offset))
    assert ledger.answered_until(Source(0, 3)) == 5
    assert ledger.answered_until(Source(0, 5)) == 5
    assert ledger.answered_until(Source(1, 9)) == 9


@given(st.permutations(range(50)))
def test_contiguous_offsets_become_one_range_in_whatever_order(offsets: list[int]) -> None:
    ranges = OffsetRanges()
    for offset in offsets:
        ranges.add(offset)
    assert ranges.range_count == 1
