"""Batches are spliced and split as bytes: no value may ever change, move or break its neighbours."""

import json

from hypothesis import assume, given
from hypothesis import strategies as st

from penstock_worker.core.envelope import as_json, render_envelope
from penstock_worker.protocols.plain_json import PlainJson
from support.builders import Source

JSON = PlainJson()

texts = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
spaces = st.text(" \t\r\n", max_size=2)
documents = st.builds(
    lambda value, before, after, ascii_only: (before + json.dumps(value, ensure_ascii=ascii_only) + after).encode(),
    values, spaces, spaces, st.booleans(),
)  # fmt: skip
fragments = st.lists(
    st.sampled_from([b"[", b"]", b",", b"{", b"}", b'"', b"1", b":", b"\\", b" ", b"\xff", b"null"])
).map(b"".join)


def fits(value: bytes) -> bool:
    return JSON.problem(Source().record(value=value), batched=True) is None


@given(st.lists(documents, min_size=1, max_size=6))
def test_an_echo_of_a_batch_gives_every_value_back_as_it_was(batch: list[bytes]) -> None:
    source = Source()
    body = JSON.splice([source.record(value=value) for value in batch])
    assert JSON.split(body, len(batch)) == [value.strip(b" \t\r\n") for value in batch]


@given(st.lists(documents | fragments, min_size=1, max_size=6))
def test_whatever_is_let_into_a_batch_stays_one_value_in_its_place(batch: list[bytes]) -> None:
    """Not so without the check: `[1` and `2]` are one value, `1,2` is two."""
    let_in = [value for value in batch if fits(value)]
    assume(let_in)
    source = Source()
    body = JSON.splice([source.record(value=value) for value in let_in])
    assert [json.loads(value) for value in let_in] == json.loads(body)


@given(documents | fragments | st.binary(max_size=20))
def test_what_is_let_in_is_what_a_json_parser_takes_for_one_value(value: bytes) -> None:
    try:
        json.loads(value.decode(), parse_constant=lambda _: (_ for _ in ()).throw(ValueError()))
    except ValueError:
        assert not fits(value)
    else:
        assert fits(value) or not is_unicode(value)


def is_unicode(value: bytes) -> bool:
    """Python's parser takes escapes of half a character, which no UTF-8 can hold."""
    try:
        json.dumps(json.loads(value), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


@given(st.lists(values, max_size=5), st.integers(0, 5))
def test_an_answer_is_split_only_into_as_many_values_as_were_asked_for(answer: list[object], count: int) -> None:
    split = JSON.split(json.dumps(answer).encode(), count)
    if len(answer) == count:
        assert split is not None
        assert [json.loads(value) for value in split] == answer
    else:
        assert split is None


@given(st.binary(max_size=40), st.integers(0, 3))
def test_no_answer_however_broken_raises(body: bytes, count: int) -> None:
    JSON.split(body, count)


@given(inputs=st.none() | documents | st.binary(), outputs=st.none() | documents | st.binary(), source=texts)
def test_an_envelope_is_always_one_json_object(inputs: bytes | None, outputs: bytes | None, source: str) -> None:
    envelope = json.loads(
        render_envelope(
            source=source,
            model_name="m",
            model_version="1",
            inputs=inputs,
            outputs=outputs,
            at_seconds=0.0,
            error={"code": source, "status": None},
        )
    )
    assert list(envelope) == ["id", "model_name", "model_version", "inputs", "outputs", "timestamp", "error"]
    assert envelope["id"] == source


@given(documents)
def test_json_goes_into_an_envelope_as_it_is(value: bytes) -> None:
    assert as_json(value) == value


@given(st.binary())
def test_bytes_that_are_no_json_can_be_had_back_from_an_envelope(value: bytes) -> None:
    held = json.loads(as_json(value))
    if as_json(value) == value:
        return
    if isinstance(held, str):
        assert held.encode() == value
    else:
        assert list(held) == ["base64"]
