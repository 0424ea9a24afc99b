"""The prediction envelope: always one valid JSON object, whatever went in and came out."""

import json

import pytest

from penstock_worker.core.envelope import as_json, render_envelope


def envelope(inputs: bytes | None, outputs: bytes | None, **error: str | int | None) -> bytes:
    return render_envelope(
        source="transactions/3/42",
        model_name="fraud",
        model_version="1.4.2",
        inputs=inputs,
        outputs=outputs,
        at_seconds=1_772_366_400.123,
        error=error or None,
    )


def test_it_says_what_went_in_what_came_out_and_who_answered() -> None:
    assert json.loads(envelope(b'{"amount": 7}', b"0.25")) == {
        "id": "transactions/3/42",
        "model_name": "fraud",
        "model_version": "1.4.2",
        "inputs": {"amount": 7},
        "outputs": 0.25,
        "timestamp": "2026-03-01T12:00:00.123Z",
    }


def test_json_is_kept_byte_for_byte() -> None:
    """Numbers keep their digits, objects their order and duplicates."""
    assert b'"inputs":{"b":1.10,"a":1e2,"b":2},"outputs":12345678901234567890.10,' in envelope(
        b'{"b":1.10,"a":1e2,"b":2}', b"12345678901234567890.10"
    )


def test_an_error_envelope_says_why() -> None:
    error = json.loads(envelope(b"{}", None, code="ModelRefused", status=400, message="no"))
    assert error["error"] == {"code": "ModelRefused", "status": 400, "message": "no"}
    assert error["outputs"] is None


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (None, None),
        (b"", ""),
        (b" 1 ", 1),
        (b"plain text", "plain text"),
        (b'{"open": ', '{"open": '),
        (b"1 2", "1 2"),
        (b"NaN", "NaN"),
        ("\u00e9\u2028".encode(), "\u00e9\u2028"),
        (b"\xff\x00", {"base64": "/wA="}),
        (b'"\xff"', {"base64": "Iv8i"}),
        (b"[" * 5000 + b"]" * 5000, "[" * 5000 + "]" * 5000),
    ],
)
def test_what_is_not_json_becomes_a_string_or_base64(value: bytes | None, meant: object) -> None:
    assert json.loads(as_json(value)) == meant
