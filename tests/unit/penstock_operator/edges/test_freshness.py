"""A watch that fell silent is told from a cluster in which nothing happens."""

from penstock_operator.state import kinds
from penstock_operator.state.freshness import Freshness, Stream

POD = Stream(kinds.POD, None)
DEPLOYMENT = Stream(kinds.DEPLOYMENT, None)


def test_a_quiet_cluster_is_no_dead_watch() -> None:
    freshness = Freshness()
    freshness.deliver(POD, 7)
    freshness.list_newest(POD, 7, now=0.0)
    assert freshness.longest_wait(now=1e6) == (None, 0.0)


def test_what_was_written_is_awaited_until_the_watch_tells_of_it_or_of_something_newer() -> None:
    freshness = Freshness()
    freshness.expect(POD, 8, now=10.0)
    assert freshness.longest_wait(now=25.0) == (POD, 15.0)
    freshness.deliver(POD, 7)
    assert freshness.longest_wait(now=25.0) == (POD, 15.0)
    freshness.deliver(POD, 9)
    assert freshness.longest_wait(now=25.0) == (None, 0.0)


def test_a_watch_that_told_before_the_answer_came_owes_nothing() -> None:
    freshness = Freshness()
    freshness.deliver(POD, 8)
    freshness.expect(POD, 8, now=10.0)
    assert freshness.longest_wait(now=25.0) == (None, 0.0)


def test_other_kinds_do_not_excuse_a_kind() -> None:
    freshness = Freshness()
    freshness.expect(POD, 8, now=10.0)
    freshness.expect(DEPLOYMENT, 9, now=0.0)
    freshness.deliver(DEPLOYMENT, 20)
    assert freshness.longest_wait(now=25.0) == (POD, 15.0)


def test_a_watch_that_catches_up_in_part_is_measured_by_what_it_still_owes() -> None:
    freshness = Freshness()
    freshness.expect(POD, 8, now=10.0)
    freshness.expect(POD, 9, now=20.0)
    freshness.deliver(POD, 8)
    assert freshness.longest_wait(now=25.0) == (POD, 5.0)


def test_an_object_that_a_list_shows_to_be_gone_is_awaited_no_more() -> None:
    freshness = Freshness()
    freshness.deliver(POD, 7)
    freshness.expect(POD, 8, now=10.0)
    freshness.list_newest(POD, 7, now=90.0)
    assert freshness.longest_wait(now=100.0) == (None, 0.0)


def test_a_list_that_shows_what_the_watch_did_not_tell_convicts_it() -> None:
    freshness = Freshness()
    freshness.expect(POD, 8, now=10.0)
    freshness.expect(POD, 12, now=20.0)
    freshness.list_newest(POD, 9, now=90.0)
    assert freshness.longest_wait(now=100.0) == (POD, 90.0)
    freshness.deliver(POD, 9)
    assert freshness.longest_wait(now=100.0) == (None, 0.0)


def test_a_kind_that_is_not_watched_any_more_owes_nothing() -> None:
    freshness = Freshness()
    freshness.expect(POD, 8, now=10.0)
    freshness.forget(kinds.POD)
    assert freshness.longest_wait(now=100.0) == (None, 0.0)


def test_a_busy_namespace_does_not_hide_the_dead_watch_of_another() -> None:
    freshness = Freshness()
    dead, busy = Stream(kinds.POD, "dead"), Stream(kinds.POD, "busy")
    freshness.expect(dead, 8, now=10.0)
    freshness.deliver(busy, 99)
    assert freshness.longest_wait(now=25.0) == (dead, 15.0)
