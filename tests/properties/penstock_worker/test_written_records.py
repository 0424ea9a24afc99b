"""Whatever comes in, what is written fits its topic, keeps the input's headers, and says where it comes from."""

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from penstock_worker.messages import Fault, Headers, Record
from penstock_worker.stages.encode import MAX_MESSAGE_BYTES, Encoder, Failure, fits
from support.builders import Source

OWN_BYTES = 2000  # what our own headers take at most, with these names

names = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(["penstock-source", "penstock-x", "a"])
headers: st.SearchStrategy[Headers | None] = st.none() | st.lists(
    st.tuples(names, st.none() | st.binary(max_size=200)), max_size=8
)
keys = st.none() | st.binary(max_size=200)
bodies = st.binary(max_size=300) | st.integers(0, 6000).map(lambda size: b"x" * size)
records = st.builds(
    lambda key, value, given_headers: Source().record(key, value, headers=given_headers), keys, bodies, headers
)
failures = st.builds(
    Failure,
    fault=st.sampled_from(Fault),
    message=st.text(max_size=400),
    status=st.none() | st.integers(100, 999),
    body=st.none() | bodies,
    attempts=st.integers(0, 8),
)
limits = st.integers(OWN_BYTES + 200, 8000)


def encoder(
    output_limit_bytes: int,
    error_limit_bytes: int,
    *,
    envelopes: bool = False,
    error_value: Literal["Response", "Request", "Envelope"] = "Response",
) -> Encoder:
    return Encoder(
        model_name="fraud",
        model_version="1.4.2",
        deployment="payments/fraud",
        output_value="Envelope" if envelopes else "Response",
        error_value=error_value,
        output_limit_bytes=output_limit_bytes,
        error_limit_bytes=error_limit_bytes,
        wall_clock=lambda: 0.0,
    )


@given(records, bodies, limits, limits, st.booleans())
def test_an_answer_fits_the_topic_that_it_goes_to(
    record: Record, body: bytes, output_limit_bytes: int, error_limit_bytes: int, envelopes: bool
) -> None:
    """Also by the short cut that spares adding up every header."""
    made = encoder(output_limit_bytes, error_limit_bytes, envelopes=envelopes)
    written, written_headers, is_error = made.output(record, body)
    assert fits(record.key, written, written_headers, error_limit_bytes if is_error else output_limit_bytes)
    if not is_error and not envelopes:
        assert written == body


@given(records, failures, limits, st.sampled_from(["Response", "Request", "Envelope"]))
def test_an_error_fits_its_topic_and_is_never_null(
    record: Record, failure: Failure, limit_bytes: int, error_value: Literal["Response", "Request", "Envelope"]
) -> None:
    written, written_headers, is_error = encoder(limit_bytes, limit_bytes, error_value=error_value).error(
        record, failure
    )
    assert is_error
    assert isinstance(written, bytes)
    assert fits(record.key, written, written_headers, limit_bytes)
    said = dict(written_headers)
    assert said["penstock-error"] == failure.fault.value
    assert len(str(said["penstock-error-message"]).encode()) <= MAX_MESSAGE_BYTES


@given(headers)
def test_headers_that_are_not_ours_keep_order_duplicates_and_nulls(given_headers: Headers | None) -> None:
    record = Source().record(headers=given_headers)
    _, written, _ = encoder(1_000_000, 1_000_000).output(record, b"ok")
    theirs = [header for header in written if not header[0].startswith("penstock-")]
    assert theirs == [header for header in given_headers or [] if not header[0].startswith("penstock-")]
    ours = [name for name, _ in written if name.startswith("penstock-")]
    assert len(ours) == len(set(ours)) == 5
