"""Lines of `--input`: one line, one record, however the bytes were cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import input_lines
from penstock.input_lines import InputRecord, LineSplitter, LineTooLong, parse_line


def records(*chunks: bytes) -> list[InputRecord]:
    splitter = LineSplitter()
    fed = [record for chunk in chunks for record in splitter.feed(chunk)]
    return fed + list(splitter.finish())


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        (b'{"a": 1}', None, b'{"a": 1}'),
        (b'k\t{"a": 1}', b"k", b'{"a": 1}'),
        (b"k\tvalue\twith tabs", b"k", b"value\twith tabs"),
        (b"k\t", b"k", b""),
        (b"\tvalue", b"", b"value"),
        (b"k\t\\N", b"k", None),
        (b"\\N\tvalue", None, b"value"),
        (b"\xff\t\xfe", b"\xff", b"\xfe"),
    ],
)
def test_a_line_is_a_key_and_a_value_or_a_value_alone(line: bytes, key: bytes | None, value: bytes | None) -> None:
    assert parse_line(line, 7) == InputRecord(7, key, value)


@pytest.mark.parametrize("line", [b"", b"   "])
def test_a_blank_line_is_no_record(line: bytes) -> None:
    assert parse_line(line, 1) is None


def test_the_last_line_needs_no_line_end_and_windows_line_ends_are_understood() -> None:
    assert records(b"a\r\nb\r\nc") == [
        InputRecord(1, None, b"a"),
        InputRecord(2, None, b"b"),
        InputRecord(3, None, b"c"),
    ]


def test_line_numbers_count_blank_lines_so_that_a_message_names_the_line_an_editor_shows() -> None:
    assert [record.line_number for record in records(b"a\n\n\nb\n")] == [1, 4]


@given(text=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200)))
def test_where_the_bytes_are_cut_changes_nothing(text: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[start:end] for start, end in pairwise(edges)]
    assert records(*chunks) == records(text)


def test_an_endless_line_is_refused_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_lines, "MAX_LINE_BYTES", 10)
    with pytest.raises(LineTooLong, match="line 2 is longer than 10 bytes"):
        records(b"a\n", b"123456", b"78901")
