"""A line that comes again and again passes once in a while, and says how often it was withheld."""

import logging

from penstock_worker.log import MOST_TEXTS, REPEAT_SECONDS, Repetitions


def line(message: str, at_seconds: float, **extra: object) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": message, "created": at_seconds, **extra})


def test_a_line_passes_once_in_a_while_with_the_number_withheld() -> None:
    repetitions = Repetitions()
    passed = [
        at_seconds
        for at_seconds in range(0, 100, 10)
        if repetitions.filter(line(f"refused (after {at_seconds}ms in state CONNECT)", at_seconds))
    ]
    assert passed == [0, REPEAT_SECONDS, 2 * REPEAT_SECONDS, 3 * REPEAT_SECONDS]


def test_the_number_withheld_is_said() -> None:
    repetitions = Repetitions()
    first, last = line("refused", 0), line("refused", REPEAT_SECONDS)
    for record in (first, line("refused", 1), line("refused", 2)):
        repetitions.filter(record)
    assert not hasattr(first, "repeated")
    assert repetitions.filter(last)
    assert last.repeated == 2  # type: ignore[attr-defined]


def test_other_brokers_and_other_causes_are_other_lines() -> None:
    repetitions = Repetitions()
    lines = [line("kafka-0 refused", 0), line("kafka-1 refused", 0), line("client error", 0, cause="a")]
    assert all(repetitions.filter(record) for record in (*lines, line("client error", 0, cause="b")))


def test_what_is_remembered_is_bounded() -> None:
    repetitions = Repetitions()
    for number in range(10 * MOST_TEXTS):
        assert repetitions.filter(line(f"broker {number}", 0))
    assert len(repetitions._seen) <= MOST_TEXTS
