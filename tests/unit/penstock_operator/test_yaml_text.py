"""Text to documents: as kubectl reads it where that is safe, and refused where it is not."""

from typing import Any

import pytest

from penstock_operator.files.yaml_text import MAX_BYTES, MAX_DOCUMENTS, TextRefused, parse_text


def test_a_scalar_is_what_kubectl_takes_it_for() -> None:
    """Go's YAML knows no sexagesimal numbers and leaves dates alone; `on` and `no` are booleans in both."""
    text = """
    date: 2026-11-01
    time: 12:30:45
    float: 1.10
    exponent: 1e3
    octal: 0440
    newer_octal: 0o440
    hex: 0x1F
    underscore: 1_000
    none: None
    nothing: ~
    equals: =
    quoted: "1.10"
    norway: no
    """
    expected: dict[str, Any] = {
        "date": "2026-11-01",
        "time": "12:30:45",
        "float": 1.1,
        "exponent": 1000.0,
        "octal": 288,
        "newer_octal": 288,
        "hex": 31,
        "underscore": 1000,
        "none": "None",
        "nothing": None,
        "equals": "=",
        "quoted": "1.10",
        "norway": False,
    }

    (document,) = parse_text(text)

    assert document == expected


def test_anchors_and_merge_keys_work() -> None:
    (document,) = parse_text("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n")

    assert document == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": {"x": 1, "y": 2}}


def test_a_brace_may_begin_yaml() -> None:
    assert parse_text("{a: 1, b: [x]}") == [{"a": 1, "b": ["x"]}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "line 2, column 1: a is given twice"),
        ("a: {b: 1, b: 2}\n", "line 1, column 11: b is given twice"),
        ('{"a": 1, "a": 2}', "a is given twice in one object"),
        ("1: a\n", "line 1, column 1: a key is not text; put it in quotes"),
        ("on: a\n", "line 1, column 1: a key is not text; put it in quotes"),
        ("? [a]\n: b\n", "line 1, column 3: a key is not text; put it in quotes"),
        ("a: [1\n", "line 2, column 1: expected ',' or ']', but got '<stream end>'"),
        ("a: *b\n", "line 1, column 4: found undefined alias 'b'"),
        ("a: &a [*a]\n", "line 1, column 4: has more than 50000 values, aliases followed"),
        ('{"a": NaN}', "NaN is no JSON"),
        ("a: \x00", "is not YAML"),
        ("a: " + "9" * 5000, "is not YAML"),
        ("[" * 20_000, "is nested too deeply"),
        ("a: !!python/object/apply:os.getcwd []\n", "line 1, column 4: could not determine a constructor for the tag "
         "'tag:yaml.org,2002:python/object/apply:os.getcwd'"),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_taken_says_where_and_why(text: str, message: str) -> None:
    with pytest.raises(TextRefused) as refused:
        parse_text(text)

    assert str(refused.value) == message


def test_aliases_cannot_make_a_small_file_large() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    with pytest.raises(TextRefused, match="aliases followed"):
        parse_text("\n".join(levels))


def test_size_and_number_of_documents_are_bounded() -> None:
    with pytest.raises(TextRefused, match=f"at most {MAX_BYTES}"):
        parse_text("#" * (MAX_BYTES + 1))
    with pytest.raises(TextRefused, match=f"more than {MAX_DOCUMENTS} documents"):
        parse_text("--- {}\n" * (MAX_DOCUMENTS + 1))
