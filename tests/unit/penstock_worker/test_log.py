"""One JSON object per line, whatever is logged."""

import json
import logging
from typing import Any

import pytest

from penstock_worker.log import JsonLines, set_up_logging


def line(message: str, *arguments: object, error: BaseException | None = None, **extra: object) -> dict[str, Any]:
    record = logging.LogRecord("penstock_worker.run", logging.WARNING, "run.py", 1, message, arguments, None)
    record.created, record.msecs = 1_772_366_400.123, 123.0
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    record.__dict__.update(extra)
    text = JsonLines().format(record)
    assert "\n" not in text
    text.encode()  # stderr takes it
    parsed = json.loads(text)
    assert isinstance(parsed, dict)
    return parsed


def test_a_line_says_when_how_bad_who_and_what() -> None:
    assert line("started %s", "well") == {
        "time": "2026-03-01T12:00:00.123Z",
        "level": "warning",
        "logger": "penstock_worker.run",
        "message": "started well",
    }


def test_fields_stand_beside_the_message() -> None:
    said = line("partition starts", partition=3, offset=42, cause=None)
    assert (said["partition"], said["offset"], said["cause"]) == (3, 42, None)


def test_an_exception_is_named_and_never_traced() -> None:
    with pytest.raises(ValueError, match="secret") as raised:
        int("secret payload")
    said = line("failed", error=raised.value)
    assert said["exception"] == "ValueError"
    assert "secret payload" not in json.dumps(said)


@pytest.mark.parametrize(
    ("value", "written"),
    [(b"\xff", "/w=="), (10**30, 10**30), ({1, 2}, [1, 2]), (float("nan"), None), ("\ud800", "\ud800")],
)
def test_whatever_is_passed_a_line_comes_of_it(value: object, written: object) -> None:
    """A formatter that raises would make logging print a traceback."""
    assert line("odd", odd=value)["odd"] == written


def test_text_that_is_not_unicode_does_not_break_a_line() -> None:
    """As file names may be, which carry bytes that are not UTF-8 as surrogates."""
    assert line("no such file: \udcff")["message"] == "no such file: \udcff"


def test_set_up_writes_lines_from_the_level_on_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        set_up_logging("Warning")
        logging.getLogger("penstock_worker").info("not this")
        logging.getLogger("penstock_worker").warning("this", extra={"partition": 3})
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    (only,) = capsys.readouterr().err.splitlines()
    assert json.loads(only)["partition"] == 3
