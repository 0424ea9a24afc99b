"""Calls that wait for their next try."""

from penstock_worker.core.delays import Delays
from penstock_worker.messages import Call
from support.builders import Source


def test_calls_come_out_when_due_soonest_first_and_ties_in_the_order_they_came() -> None:
    delays = Delays()
    a, b, c, d = Source().records(*[None] * 4)
    for due_at, call in ((3.0, a), (1.0, b), (3.0, c), (9.0, d)):
        delays.add(due_at, call)
    assert (len(delays), delays.next_at) == (4, 1.0)
    assert delays.take_due(0.99) == []
    assert delays.take_due(3.0) == [b, a, c]
    assert (len(delays), delays.next_at) == (1, 9.0)


def test_without_calls_there_is_no_next_time() -> None:
    assert Delays().next_at is None
    assert Delays().take_all() == []


def test_all_can_be_taken_at_once_soonest_first() -> None:
    delays = Delays()
    a, b = Source().records(None, None)
    delays.add(2.0, a)
    delays.add(1.0, b)
    assert delays.take_all() == [b, a]
    assert len(delays) == 0


def test_calls_can_be_removed_and_replaced_without_losing_their_time() -> None:
    delays = Delays()
    gone, stays, replaced, replacement = Source().records(*[None] * 4)
    for due_at, call in ((1.0, gone), (3.0, stays), (2.0, replaced)):
        delays.add(due_at, call)

    def refit(call: Call) -> Call | None:
        return {gone: None, replaced: replacement}.get(call, call)  # type: ignore[arg-type]

    delays.keep(refit)
    assert delays.next_at == 2.0
    assert delays.take_due(3.0) == [replacement, stays]
