"""`docs/headers.md`: the headers that a worker writes and the codes of its error records.

The example column comes from the encoder itself, so a header that is added, renamed or dropped there breaks this page
until it is described here.
"""

from collections.abc import Mapping

from penstock_worker.core.deliveries import Deliveries
from penstock_worker.core.offsets import Window
from penstock_worker.messages import Fault, Headers, Record
from penstock_worker.stages.encode import MAX_MESSAGE_BYTES, Encoder, Failure
from reference.markdown import code, document, table

EVERY_RECORD: Mapping[str, str] = {
    "penstock-model": "Name of the model that was asked.",
    "penstock-model-version": "Its version.",
    "penstock-deployment": "Namespace and name of the ModelDeployment.",
    "penstock-source": "Topic, partition and offset of the input record. Duplicates share it.",
    "penstock-source-timestamp": "Timestamp of the input record, in milliseconds since 1970.",
}
ERRORS: Mapping[str, str] = {
    "penstock-error": "The code: one of the table below.",
    "penstock-error-status": "HTTP status of the model's answer. Absent where there was no answer.",
    "penstock-error-attempts": "How often the model was asked and the request counted; 0: not asked.",
    "penstock-error-message": f"What happened, in words, at most {MAX_MESSAGE_BYTES} bytes; nothing from the record.",
    "penstock-error-value": "What the value is: `response`, `request` or `envelope`.",
    "penstock-error-truncated": "Only where the record would not have fitted its topic: `body` (the value is empty) or "
    "`body,headers` (the input's headers are left out as well).",
}
FAULTS: Mapping[Fault, str] = {
    Fault.TOMBSTONE: "The input's value is null. The model is not asked.",
    Fault.BAD_RECORD: "The record cannot be sent: a header name is not UTF-8, or, where batches are on, the value is "
    "not one JSON value. The model is not asked.",
    Fault.MODEL_REFUSED: "The model answered 4xx, other than the statuses of the next row and 408, 425 and 429, which "
    "are tried again.",
    Fault.MODEL_MISCONFIGURED: "The model answered 401, 403, 404 or 405: probably a wrong path or a missing "
    "permission. Before the first success, and after 100 in a row, the breaker opens as well.",
    Fault.BAD_MODEL_RESPONSE: "The answer cannot be used: a redirect, larger than allowed, or, for a batch, not one "
    "value per record.",
    Fault.RETRIES_EXHAUSTED: "The record failed as often or as long as `delivery.retry` allows, while the model "
    "answered other records.",
    Fault.OUTPUT_TOO_LARGE: "Key, answer and headers together are larger than the output topic takes.",
}

TEXT = """\
Names and codes are stable. Headers of the input record are kept in their order, with duplicates and null values, in
front of these; an input header whose name begins with `penstock-` is removed first. The key is the input's, byte for
byte, and the timestamp is the time of production."""


def page() -> str:
    outputs, errors = dict(_output_headers()), dict(_error_headers())
    every = table(("header", "meaning", "example"), _rows(EVERY_RECORD, outputs))
    added = {name: value for name, value in errors.items() if name not in outputs}
    error = table(("header", "meaning", "example"), _rows(ERRORS, added))
    codes = table(("code", "why the record is on the error topic"), ((code(f.value), FAULTS[f]) for f in Fault))
    return document(
        "Headers and error codes", TEXT, "## On every record", every, "## On error records", error, "## Codes", codes
    )


def _rows(described: Mapping[str, str], written: Mapping[str, str | bytes | None]) -> list[tuple[str, str, str]]:
    if set(described) != set(written):
        raise ValueError(f"described and written headers differ: {sorted(set(described) ^ set(written))}")
    return [(code(name), meaning, code(_text(written[name]))) for name, meaning in described.items()]


def _text(value: str | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""


def _output_headers() -> Headers:
    _, headers, _ = _encoder().output(_record(), b'{"score":0.97}')
    return headers


def _error_headers() -> Headers:
    """Of a record that is cut, so that every header there is appears."""
    failure = Failure(Fault.MODEL_REFUSED, "the model answered 400", status=400, body=b"no", attempts=1)
    _, headers, _ = _encoder().error(_record(), failure, without_body=True)
    return headers


def _encoder() -> Encoder:
    return Encoder(
        model_name="fraud",
        model_version="1.4.2",
        deployment="payments/fraud",
        output_value="Response",
        error_value="Response",
        output_limit_bytes=1_048_588,
        error_limit_bytes=1_048_588,
        wall_clock=lambda: 0.0,
    )


def _record() -> Record:
    window = Window("transactions", 7, None, Deliveries(), on_refused=lambda _error, _is_error: None)
    return Record(window, 1042, b"card-17", b'{"amount":12}', None, 1_767_225_600_000, 20)
