"""Protocol JSON: bytes through, batches spliced and split."""

import pytest

from penstock_worker.messages import Headers
from penstock_worker.protocols.plain_json import PlainJson
from support.builders import Source

JSON = PlainJson()
TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    "value", [b"1", b' {"a": [1, 2]} ', b'"text"', b"null", b"[]", b"1.0e-5", b"12345678901234567890123", b'"\xc3\xa9"']
)
def test_one_json_value_may_be_in_a_batch(value: bytes) -> None:
    assert JSON.problem(Source().record(value=value), batched=True) is None


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" ",
        b"1,2",
        b"1]",
        b"[1",
        b"1 2",
        b"{",
        b"NaN",
        b"'a'",
        b"\xff",
        b'"\xff"',
        b"[" * 100_000,
        b"//\n1",
        b"1,",
    ],
)
def test_anything_else_may_not(value: bytes) -> None:
    problem = JSON.problem(Source().record(value=value), batched=True)
    assert problem == "the value is not one JSON value, which a batch needs"


@pytest.mark.parametrize("value", [b"", b"\xff", b"1,2"])
def test_alone_anything_goes(value: bytes) -> None:
    assert JSON.problem(Source().record(value=value), batched=False) is None


def test_a_batch_is_an_array_of_the_values_as_they_are() -> None:
    source = Source()
    records = [source.record(value=value) for value in (b'{"b":1.10}', b" 2 ", b"null")]
    assert JSON.splice(records) == b'[{"b":1.10}, 2 ,null]'


def test_its_answer_is_an_array_whose_values_are_kept_as_they_are() -> None:
    assert JSON.split(b' [ {"p":0.10} , "x" ,null] ', 3) == [b'{"p":0.10}', b'"x"', b"null"]


@pytest.mark.parametrize(
    "body", [b"[1]", b"[1,2,3]", b"[]", b"{}", b'{"predictions":[1,2]}', b"1", b"", b"[1,2", b"[1,2]x", b"\xff"]
)
def test_any_other_answer_is_none(body: bytes) -> None:
    assert JSON.split(body, 2) is None


def test_an_answer_nested_too_deep_is_none_too() -> None:
    assert JSON.split(b"[" * 100_000, 2) is None


@pytest.mark.parametrize(
    ("headers", "rendered"),
    [
        (None, None),
        ([("other", b"x")], b"Content-Type: application/json\r\n"),
        ([("content-type", b"text/csv; charset=utf-8")], b"Content-Type: text/csv; charset=utf-8\r\n"),
        ([("content-type", b"a/b"), ("content-type", b"c/d")], b"Content-Type: c/d\r\n"),
        ([("content-type", None)], b"Content-Type: application/json\r\n"),
        (
            [("traceparent", TRACEPARENT)],
            b"Content-Type: application/json\r\ntraceparent: " + TRACEPARENT + b"\r\n",
        ),
    ],
)
def test_content_type_and_trace_are_the_records_own(headers: Headers | None, rendered: bytes | None) -> None:
    assert JSON.headers(Source().record(headers=headers)) == rendered


@pytest.mark.parametrize(
    "value",
    [
        b"text/csv\r\nX-Injected: 1",
        b"text/csv\n",
        b" text/csv",
        b"",
        b"\x00",
        "t\u00e9xt".encode(),
        b"a" * 256,
    ],
)
def test_a_header_value_that_http_forbids_is_not_passed_on(value: bytes) -> None:
    """Whoever writes to the topic does not write the request's head."""
    for name in ("content-type", "traceparent"):
        assert JSON.headers(Source().record(headers=[(name, value)])) == b"Content-Type: application/json\r\n"


@pytest.mark.parametrize("value", [TRACEPARENT.upper(), TRACEPARENT[:-1], TRACEPARENT + b"-x", b"00-0-0-0"])
def test_a_trace_in_another_form_is_not_passed_on(value: bytes) -> None:
    assert JSON.headers(Source().record(headers=[("traceparent", value)])) == b"Content-Type: application/json\r\n"
