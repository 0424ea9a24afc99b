"""The ledger is silent about a faithful history, and names each way of breaking one."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chaos.ledger import ID_HEADER, Expected, Sent, Verdict, judge
from support.kafka.records import Headers, Stored

OUTPUT, ERROR = "out", "err"
COUNTS = (
    "lost",
    "pending",
    "duplicated",
    "out_of_order",
    "changed",
    "errors_during_outage",
    "wrongly_accepted",
    "unknown",
)

keys = st.sampled_from([None, b"", b"a", b"b", b"\xff"])
headers = st.lists(
    st.tuples(st.sampled_from(["tag", "none", "penstock-source", "penstock-model"]), st.none() | st.binary(max_size=3)),
    max_size=4,
).map(tuple)


@st.composite
def inputs(draw: st.DrawFn) -> list[Sent]:
    """Acknowledged records of two partitions, numbered across both."""
    ends = {0: 0, 1: 0}
    sent = []
    for number in range(draw(st.integers(1, 30))):
        partition = draw(st.sampled_from([0, 1]))
        ends[partition] += draw(st.integers(1, 3))  # gaps, as transactions leave them
        own: Headers = ((ID_HEADER, b"%d" % number),)
        value = draw(st.sampled_from([None, b"", b'{"id":%d,"x":[]}' % number]))
        place = (partition, ends[partition])
        sent.append(Sent(number, "in", 0, *place, draw(keys), value, (*own, *draw(headers))))
    return sent


def expected(sent: Sent) -> Expected:
    """Every third record is one that the model refuses."""
    if sent.number % 3 == 2:
        return Expected("error", (b"refused %d" % sent.number,))
    return Expected("output", (b"answer %d" % sent.number,))


def arrival(sent: Sent, offset: int, side: str | None = None) -> Stored:
    """What a faithful worker writes for a record."""
    owed = expected(sent)
    theirs = tuple((name, value) for name, value in sent.headers if not name.startswith("penstock-"))
    ours: Headers = (("penstock-model", b"m"), ("penstock-source", sent.source))
    topic = ERROR if (side or owed.side) == "error" else OUTPUT
    return Stored(topic, 0, offset, sent.key, owed.values[0], (*theirs, *ours), 0)


def faithful(sent: list[Sent]) -> tuple[list[Stored], list[Stored]]:
    output = [arrival(one, offset) for offset, one in enumerate(sent) if expected(one).side == "output"]
    error = [arrival(one, offset) for offset, one in enumerate(sent) if expected(one).side == "error"]
    return output, error


def counts(verdict: Verdict) -> dict[str, int]:
    return {name: count for name in COUNTS if (count := getattr(verdict, name))}


@given(sent=inputs())
def test_a_faithful_history_is_clean(sent: list[Sent]) -> None:
    verdict = judge(sent, *faithful(sent), expected)
    assert counts(verdict) == {}
    assert (verdict.acknowledged, verdict.delivered) == (len(sent), len(sent))


@given(sent=inputs(), data=st.data())
def test_a_missing_record_is_lost(sent: list[Sent], data: st.DataObject) -> None:
    output, error = faithful(sent)
    side = data.draw(st.sampled_from([side for side in (output, error) if side]))
    del side[data.draw(st.integers(0, len(side) - 1))]
    assert counts(judge(sent, output, error, expected)) == {"lost": 1}


@given(sent=inputs())
def test_what_is_not_committed_yet_is_pending(sent: list[Sent]) -> None:
    middle = {partition: max((s.offset for s in sent if s.partition == partition), default=0) for partition in (0, 1)}
    last = [one for one in sent if one.offset == middle[one.partition]]
    found = counts(judge(sent, [], [], expected, middle))
    assert found.get("lost", 0) == len(sent) - len(last)
    assert found["pending"] == len(last)


@given(sent=inputs(), data=st.data())
def test_what_the_topic_no_longer_holds_is_not_owed(sent: list[Sent], data: st.DataObject) -> None:
    output, error = faithful(sent)
    gone = data.draw(st.integers(0, len(sent) - 1))
    sent[gone] = replace(sent[gone], retained=False)
    output = [one for one in output if (ID_HEADER, b"%d" % gone) not in one.headers]
    error = [one for one in error if (ID_HEADER, b"%d" % gone) not in one.headers]
    assert counts(judge(sent, output, error, expected)) == {}


@given(sent=inputs(), data=st.data(), copies=st.integers(1, 3))
def test_every_further_arrival_is_a_duplicate(sent: list[Sent], data: st.DataObject, copies: int) -> None:
    """At the end of its topic, where a replay puts it: the first arrival keeps its place in the order."""
    output, error = faithful(sent)
    side = data.draw(st.sampled_from([side for side in (output, error) if side]))
    side += [side[data.draw(st.integers(0, len(side) - 1))]] * copies
    assert counts(judge(sent, output, error, expected)) == {"duplicated": copies}


@given(sent=inputs(), data=st.data())
def test_a_later_record_of_the_same_lane_in_front_is_out_of_order(sent: list[Sent], data: st.DataObject) -> None:
    output, error = faithful(sent)
    lane = [one for one in sent if expected(one).side == "output" and one.key is not None]
    pairs = [(a, b) for a in lane for b in lane if a.offset < b.offset and (a.partition, a.key) == (b.partition, b.key)]
    assume(pairs)
    early, late = data.draw(st.sampled_from(pairs))
    early_at = output.index(arrival(early, early.number))
    output.insert(early_at, output.pop(output.index(arrival(late, late.number))))
    assert counts(judge(sent, output, error, expected))["out_of_order"] >= 1


@given(sent=inputs())
def test_other_lanes_may_overtake(sent: list[Sent]) -> None:
    """Sorted by key, so that every lane keeps its order and hardly anything else does."""
    output, error = faithful(sent)
    assert counts(judge(sent, sorted(output, key=_lane), sorted(error, key=_lane), expected)) == {}


def _lane(stored: Stored) -> str:
    return repr(stored.key)


CHANGES: dict[str, Callable[[Stored], Stored]] = {
    "key": lambda stored: replace(stored, key=b"another"),
    "key made empty or null": lambda stored: replace(stored, key=None if stored.key == b"" else b""),
    "value": lambda stored: replace(stored, value=(stored.value or b"") + b" "),
    "value made null": lambda stored: replace(stored, value=None),
    "header dropped": lambda stored: replace(stored, headers=stored.headers[1:]),
    "header added": lambda stored: replace(stored, headers=(("tag", b"new"), *stored.headers)),
    "own header doubled": lambda stored: replace(stored, headers=(*stored.headers, ("penstock-model", b"m"))),
    "source": lambda stored: replace(stored, headers=(*stored.headers[:-1], ("penstock-source", b"in/0/999"))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_differs_is_changed(change: str) -> None:
    value = b'{"id":0,"x":[]}'
    sent = Sent(0, "in", 0, 1, 7, b"key", value, ((ID_HEADER, b"0"), ("tag", None), ("tag", b"")))
    arrived = replace(arrival(sent, 0), value=b'{"id":0}')
    owed = Expected("output", (b'{"id":0}',))
    assert counts(judge([sent], [arrived], [], lambda _: owed)) == {}
    assert counts(judge([sent], [CHANGES[change](arrived)], [], lambda _: owed)) == {"changed": 1}


def test_the_answer_to_another_record_is_changed() -> None:
    sent = [Sent(n, "in", 0, 0, n, b"k", b'{"id":%d}' % n, ((ID_HEADER, b"%d" % n),)) for n in (0, 1)]
    first, second = (arrival(one, one.number) for one in sent)
    swapped = [replace(first, value=second.value), replace(second, value=first.value)]
    assert counts(judge(sent, swapped, [], expected)) == {"changed": 2}


@given(sent=inputs(), data=st.data())
def test_an_accepted_record_on_the_error_topic_is_an_error_of_the_outage(sent: list[Sent], data: st.DataObject) -> None:
    output, error = faithful(sent)
    moved = data.draw(st.sampled_from(output))
    output.remove(moved)
    assert counts(judge(sent, output, [*error, moved], expected))["errors_during_outage"] == 1


@given(sent=inputs(), data=st.data())
def test_a_refused_record_on_the_output_topic_is_wrongly_accepted(sent: list[Sent], data: st.DataObject) -> None:
    output, error = faithful(sent)
    assume(error)
    moved = data.draw(st.sampled_from(error))
    error.remove(moved)
    assert counts(judge(sent, [*output, moved], error, expected))["wrongly_accepted"] == 1


def test_what_was_never_acknowledged_is_unknown() -> None:
    aborted = Sent(5, "in", 0, 0, 0, b"k", b'{"id":5}', ((ID_HEADER, b"5"),))
    assert counts(judge([], [arrival(aborted, 0)], [], expected)) == {"unknown": 1}


def test_a_truncated_error_record_is_known_by_its_source() -> None:
    sent = Sent(2, "in", 0, 0, 4, b"k", b'{"id":2}', ((ID_HEADER, b"2"), ("tag", b"large")))
    cut = Stored(
        ERROR, 0, 0, b"k", b"", (("penstock-source", b"in/0/4"), ("penstock-error-truncated", b"body,headers")), 0
    )
    owed = Expected("error", (b"",))
    assert counts(judge([sent], [], [cut], lambda _: owed)) == {}
    uncut = replace(cut, headers=cut.headers[:1])
    assert counts(judge([sent], [], [uncut], lambda _: owed)) == {"changed": 1}


def test_examples_name_the_first_few() -> None:
    sent = [Sent(n, "in", 0, 0, n, None, b"", ((ID_HEADER, b"%d" % n),)) for n in range(30)]
    assert judge(sent, [], [], expected).examples == {"lost": (0, 1, 2, 3, 4)}
