"""What is written: value, headers and topic, small enough for the topic."""

import json
from typing import Literal

import pytest

from penstock_worker.messages import Fault, Headers, Record
from penstock_worker.stages.encode import Encoder, Failure, fits, headers_bytes
from support.builders import Source

OURS = {
    "penstock-model": b"fraud",
    "penstock-model-version": b"1.4.2",
    "penstock-deployment": b"payments/fraud",
    "penstock-source": b"input/3/42",
    "penstock-source-timestamp": b"1700000000000",
}
REFUSED = Failure(Fault.MODEL_REFUSED, "the model answered 400", 400, b"bad amount", 1)


def encoder(
    *,
    output_value: Literal["Response", "Envelope"] = "Response",
    error_value: Literal["Response", "Request", "Envelope"] = "Response",
    output_limit_bytes: int = 1_000_000,
    error_limit_bytes: int = 1_000_000,
) -> Encoder:
    return Encoder(
        model_name="fraud",
        model_version="1.4.2",
        deployment="payments/fraud",
        output_value=output_value,
        error_value=error_value,
        output_limit_bytes=output_limit_bytes,
        error_limit_bytes=error_limit_bytes,
        wall_clock=lambda: 1_700_000_000.5,
    )


def a_record(value: bytes | None = b"{}", *, key: bytes | None = b"key", headers: Headers | None = None) -> Record:
    return Source(3, first_offset=42).record(key, value, headers=headers, timestamp_ms=1_700_000_000_000)


def test_an_answer_goes_to_the_output_topic_as_it_is() -> None:
    value, headers, is_error = encoder().output(a_record(), b"\xff any bytes")
    assert (value, is_error) == (b"\xff any bytes", False)
    assert dict(headers) == OURS


def test_an_empty_answer_is_a_value_and_never_null() -> None:
    assert encoder().output(a_record(), b"")[0] == b""


def test_input_headers_keep_order_duplicates_and_nulls_and_come_first() -> None:
    given: Headers = [("b", b"1"), ("a", None), ("b", b""), ("", b"x")]
    _, headers, _ = encoder().output(a_record(headers=given), b"ok")
    assert headers[: len(given)] == given
    assert dict(headers[len(given) :]) == OURS


def test_headers_named_like_ours_are_replaced() -> None:
    """A record that went through one deployment and comes to the next says where it was last."""
    given: Headers = [("penstock-source", b"old/0/1"), ("penstock-error", b"X"), ("penstock-", b"x"), ("keep", b"1")]
    _, headers, _ = encoder().output(a_record(headers=given), b"ok")
    assert headers[0] == ("keep", b"1")
    assert dict(headers[1:]) == OURS
    assert len(headers) == 1 + len(OURS)


def test_an_envelope_holds_input_and_output() -> None:
    value, _, is_error = encoder(output_value="Envelope").output(a_record(b'{"amount":7}'), b"0.25")
    envelope = json.loads(value)
    assert not is_error
    assert (envelope["id"], envelope["inputs"], envelope["outputs"]) == ("input/3/42", {"amount": 7}, 0.25)
    assert envelope["timestamp"] == "2023-11-14T22:13:20.500Z"


def test_an_error_says_what_happened_in_headers() -> None:
    _, headers, is_error = encoder().error(a_record(), REFUSED)
    assert is_error
    assert dict(headers) == {
        **OURS,
        "penstock-error": "ModelRefused",
        "penstock-error-status": "400",
        "penstock-error-attempts": "1",
        "penstock-error-message": "the model answered 400",
        "penstock-error-value": "response",
    }


def test_without_a_response_there_is_no_status() -> None:
    _, headers, _ = encoder().error(a_record(), Failure(Fault.TOMBSTONE, "the value is null"))
    assert "penstock-error-status" not in dict(headers)


@pytest.mark.parametrize(
    ("error_value", "body", "form", "value"),
    [
        ("Response", b"bad amount", "response", b"bad amount"),
        ("Response", b"", "response", b""),
        ("Response", None, "request", b'{"amount":7}'),
        ("Request", b"bad amount", "request", b'{"amount":7}'),
    ],
)
def test_the_value_of_an_error_is_the_response_or_the_request(
    error_value: Literal["Response", "Request"], body: bytes | None, form: str, value: bytes
) -> None:
    failure = Failure(Fault.MODEL_REFUSED, "no", 400, body, 1)
    written, headers, _ = encoder(error_value=error_value).error(a_record(b'{"amount":7}'), failure)
    assert written == value
    assert dict(headers)["penstock-error-value"] == form


@pytest.mark.parametrize("error_value", ["Response", "Request"])
def test_an_error_is_never_null_not_even_of_a_tombstone(error_value: Literal["Response", "Request"]) -> None:
    """A compacted error topic would take it for a deletion."""
    written, _, _ = encoder(error_value=error_value).error(a_record(None), Failure(Fault.TOMBSTONE, "null"))
    assert written == b""


def test_an_error_envelope_holds_the_code_and_what_the_model_said() -> None:
    written, headers, _ = encoder(error_value="Envelope").error(a_record(b'{"amount":7}'), REFUSED)
    envelope = json.loads(written)
    assert envelope["error"] == {"code": "ModelRefused", "status": 400, "message": "the model answered 400"}
    assert (envelope["inputs"], envelope["outputs"]) == ({"amount": 7}, "bad amount")
    assert dict(headers)["penstock-error-value"] == "envelope"


def test_a_message_is_cut_at_256_bytes_and_stays_utf_8() -> None:
    _, headers, _ = encoder().error(a_record(), Failure(Fault.MODEL_REFUSED, "x" + "\u20ac" * 200))
    message = dict(headers)["penstock-error-message"]
    assert message == "x" + "\u20ac" * 85


def test_an_output_too_large_for_its_topic_is_an_error_without_body() -> None:
    value, headers, is_error = encoder(output_limit_bytes=2000).output(a_record(b"{}"), b"x" * 2000)
    said = dict(headers)
    assert (value, is_error) == (b"", True)
    assert said["penstock-error"] == "OutputTooLarge"
    assert said["penstock-error-truncated"] == "body"
    assert "2000 bytes" in str(said["penstock-error-message"])
    assert said["penstock-error-attempts"] == "1"


def test_an_envelope_too_large_is_an_output_too_large() -> None:
    _, headers, is_error = encoder(output_value="Envelope", output_limit_bytes=2000).output(
        a_record(b'"' + b"x" * 1500 + b'"'), b"0.25"
    )
    assert is_error
    assert dict(headers)["penstock-error"] == "OutputTooLarge"


def test_headers_count_as_well() -> None:
    many: Headers = [(f"header-{number}", b"x" * 100) for number in range(20)]
    assert encoder(output_limit_bytes=2500).output(a_record(headers=many), b"ok")[2]


def test_an_error_too_large_loses_its_body_first() -> None:
    value, headers, _ = encoder(error_limit_bytes=3000).error(
        a_record(headers=[("keep", b"1")]), Failure(Fault.MODEL_REFUSED, "no", 400, b"x" * 3000, 1)
    )
    assert value == b""
    assert dict(headers)["penstock-error-truncated"] == "body"
    assert headers[0] == ("keep", b"1")


def test_and_then_the_headers_of_the_input() -> None:
    many: Headers = [(f"header-{number}", b"x" * 100) for number in range(20)]
    value, headers, _ = encoder(error_limit_bytes=2500).error(a_record(headers=many), REFUSED)
    said = dict(headers)
    assert value == b""
    assert said["penstock-error-truncated"] == "body,headers"
    assert all(name.startswith("penstock-") for name, _ in headers)
    assert [name for name, _ in headers].count("penstock-error-truncated") == 1
    assert said["penstock-error"] == "ModelRefused"


def test_the_size_counts_key_value_and_headers_and_what_they_cost_in_a_record() -> None:
    assert headers_bytes([("ab", b"xyz"), ("c", None)]) == (10 + 8 + 3) + (10 + 4)
    assert fits(b"key", b"value", [], 128 + 8)
    assert not fits(b"key", b"value", [], 128 + 7)
    assert fits(None, b"", [("a", b"")], 128 + 14)
