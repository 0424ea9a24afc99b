"""What people read: answers, log lines, the status line, the summary."""

import json
from math import inf
from pathlib import Path

import pytest

from penstock.answer_lines import Answer, format_answer, readable
from penstock.failures import Failed
from penstock.ledger import ERROR, OUTPUT, Counts, Source
from penstock.measurements import Histogram, Measurement
from penstock.status import Status, status_line
from penstock.summary import Summary, clear_counts, duration_text, summary_lines, write_counts
from penstock.worker_log import LogLine, parse_log_line

SOURCE = Source(0, 0)


def test_an_answer_is_five_columns() -> None:
    answer = Answer(ERROR, "digits.errors/2/17", SOURCE, b"7/00012", "ModelRefused", b'{"error": "x"}')
    assert format_answer(answer) == 'error\tdigits.errors/2/17\t7/00012\tModelRefused\t{"error": "x"}'


def test_an_output_has_an_empty_code_and_null_keys_are_as_in_the_input() -> None:
    assert format_answer(Answer(OUTPUT, "t/0/1", SOURCE, None, "", b"")) == "output\tt/0/1\t\\N\t\t"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"a\tb\nc\r", r"a\tb\nc\r"),
        (b"\x1b[31mred", r"\x1b[31mred"),
        (b"\xc2\x9b31m", r"\x9b31m"),
        (b"\xff\xfe", r"\xff\xfe"),
        ("größe €".encode(), "größe €"),
    ],
)
def test_a_value_can_neither_break_the_line_nor_steer_the_terminal(value: bytes, text: str) -> None:
    assert readable(value) == text


def test_a_long_value_is_cut() -> None:
    assert readable(b"x" * 1000, 10) == "x" * 9 + "…"
    assert readable(b"x" * 10, 10) == "x" * 10


def test_a_log_line_is_its_message_and_its_fields() -> None:
    line = json.dumps({"time": "t", "level": "Warning", "message": "model down", "reason": "ModelDown"})
    assert parse_log_line(line) == LogLine("warning", "model down reason=ModelDown")
    assert parse_log_line(line).is_urgent


def test_informational_log_lines_are_not_urgent() -> None:
    assert not parse_log_line('{"level": "info", "message": "joined"}').is_urgent


@pytest.mark.parametrize("line", ["Segmentation fault", "[1]", "{}", "null", ""])
def test_a_line_that_is_no_log_entry_is_shown_as_it_is(line: str) -> None:
    assert parse_log_line(line) == LogLine("warning", line)


HALF = Histogram({0.01: 50, 0.02: 100, inf: 100})


def status(now: Measurement) -> Status:
    recent = Measurement(produced_records=500, end_to_end=HALF)
    return Status("running", Counts(1000, 900, 50), 900, 50, now, recent, recent_seconds=5)


def test_the_status_line_says_rate_latency_lag_and_errors() -> None:
    line = status_line(status(Measurement(lag_records=1234)))
    assert line == "running · 100/s · p50 10 ms p99 20 ms · lag 1,234 · 1,000 in · 900 output, 50 error"


def test_before_the_worker_has_partitions_there_is_nothing_to_say() -> None:
    assert status_line(Status("joining", Counts(), 0, 0, Measurement(), Measurement(), 1)) == "joining"


def test_the_status_line_says_that_the_model_is_down() -> None:
    assert "MODEL DOWN" in status_line(status(Measurement(breaker_state=2)))


def test_the_summary_balances_input_with_output_and_error() -> None:
    summary = Summary(
        counts=Counts(10, 8, 2),
        codes={"ModelRefused": 2},
        answering_seconds=2,
        answers=10,
        measurement=Measurement(prediction=HALF),
    )
    text = "\n".join(summary_lines(summary))
    assert "10 in = 8 output + 2 error" in text
    assert "ModelRefused 2" in text
    assert "5 records/s" in text
    assert "model: p50 10 ms, p99 20 ms" in text
    assert "duplicate" not in text


def test_the_summary_does_not_balance_what_is_missing() -> None:
    text = "\n".join(summary_lines(Summary(counts=Counts(10, 8, 1), duplicates=3, answers_to_others=4)))
    assert "10 in ≠ 8 output + 1 error  (1 not answered)" in text
    assert "3 duplicate answers" in text
    assert "4 answers to records that this run did not feed" in text
    assert "rate      unknown: too few answers" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "unknown"), (0.0004, "0.4 ms"), (0.0123, "12 ms"), (0.999, "999 ms"), (3.21, "3.2 s")]
)
def test_durations_have_a_fitting_unit(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


def test_the_counts_are_written_as_json_where_the_folder_is_made(tmp_path: Path) -> None:
    write_counts(Counts(3, 2, 1), tmp_path / "build" / "demo.json")
    assert json.loads((tmp_path / "build" / "demo.json").read_text()) == {"input": 3, "output": 2, "error": 1}


def test_counts_of_an_earlier_run_are_cleared(tmp_path: Path) -> None:
    write_counts(Counts(3, 2, 1), tmp_path / "demo.json")
    clear_counts(tmp_path / "demo.json")
    clear_counts(tmp_path / "demo.json")
    assert not (tmp_path / "demo.json").exists()


def test_a_summary_that_cannot_be_written_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"--summary .*: Is a directory") as failure:
        write_counts(Counts(), tmp_path)
    assert failure.value.exit_code == 2
