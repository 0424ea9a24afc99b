"""A settled record becomes what is written: topic, value and headers, small enough for its topic.

Pure. The key is not here: it is passed on untouched by the produce stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from penstock_worker.core.envelope import render_envelope
from penstock_worker.messages import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from penstock_worker.messages import Headers, Record

MAX_MESSAGE_BYTES = 256
RECORD_OVERHEAD_BYTES = 128  # batch header (61), record framing and varints of record format v2, rounded up
HEADER_OVERHEAD_BYTES = 10
DYNAMIC_HEADERS_BYTES = 1024  # what differs from record to record among ours, with the record's own overhead


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a record goes to the error topic. `body` is the model's answer, None where there was none."""

    fault: Fault
    message: str
    status: int | None = None
    body: bytes | None = None
    attempts: int = 0


Outgoing: TypeAlias = "tuple[bytes, Headers, bool]"
"""Value, headers, and whether it goes to the error topic: a tuple, since one is made per record."""


class Encoder:
    """How records of one deployment are written. Limits are the topics' `max.message.bytes`.

    `wall_clock` gives Unix seconds, for envelopes alone.
    """

    def __init__(
        self,
        *,
        model_name: str,
        model_version: str,
        deployment: str,
        output_value: Literal["Response", "Envelope"],
        error_value: Literal["Response", "Request", "Envelope"],
        output_limit_bytes: int,
        error_limit_bytes: int,
        wall_clock: Callable[[], float],
    ) -> None:
        self.model_name = model_name
        self.model_version = model_version
        self.output_value = output_value
        self.error_value = error_value
        self.output_limit_bytes = output_limit_bytes
        self.error_limit_bytes = error_limit_bytes
        self._wall_clock = wall_clock
        self._constant: Headers = [
            ("penstock-model", model_name.encode()),
            ("penstock-model-version", model_version.encode()),
            ("penstock-deployment", deployment.encode()),
        ]
        self._surely_fits_bytes = output_limit_bytes - headers_bytes(self._constant) - DYNAMIC_HEADERS_BYTES

    def headers(self, record: Record) -> Headers:
        """The input's headers without ours, then where this record comes from."""
        ours: Headers = [
            *self._constant,
            ("penstock-source", b"%b%d" % (record.window.source_prefix, record.offset)),
            ("penstock-source-timestamp", b"%d" % record.timestamp_ms),
        ]
        if record.headers is None:
            return ours
        return [header for header in record.headers if not header[0].startswith("penstock-")] + ours

    def output(self, record: Record, body: bytes) -> Outgoing:
        """The model's answer, or the error record that says why it cannot be written."""
        if self.output_value == "Envelope":
            body = self._envelope(record, body)
        headers = self.headers(record)
        # An upper bound first, since adding up every header of every record is dear: key and input headers are in
        # `size_bytes`, where a header counts at least a fourteenth of what it may take.
        if len(body) + 14 * record.size_bytes < self._surely_fits_bytes or fits(
            record.key, body, headers, self.output_limit_bytes
        ):
            return body, headers, False
        message = f"key, value and headers are larger than the output topic's {self.output_limit_bytes} bytes"
        failures = 0 if record.attempts is None else record.attempts.failures
        failure = Failure(Fault.OUTPUT_TOO_LARGE, message, attempts=failures + 1)
        return self.error(record, failure, without_body=True)

    def error(self, record: Record, failure: Failure, *, without_body: bool = False) -> Outgoing:
        """The error record, cut down until it fits: without its body, then without the input's headers."""
        form, value = self._error_value(record, failure)
        headers = self.headers(record) + _error_headers(failure, form)
        if not without_body and fits(record.key, value, headers, self.error_limit_bytes):
            return value, headers, True
        headers.append(("penstock-error-truncated", "body"))
        if fits(record.key, b"", headers, self.error_limit_bytes):
            return b"", headers, True
        ours = [header for header in headers if header[0].startswith("penstock-")]
        return b"", [*ours[:-1], ("penstock-error-truncated", "body,headers")], True

    def _error_value(self, record: Record, failure: Failure) -> tuple[str, bytes]:
        """Form and value; never null, so that a compacted error topic keeps it."""
        if self.error_value == "Envelope":
            error = {"code": failure.fault.value, "status": failure.status, "message": failure.message}
            return "envelope", self._envelope(record, failure.body, error)
        if self.error_value == "Response" and failure.body is not None:
            return "response", failure.body
        return "request", record.value or b""

    def _envelope(
        self, record: Record, outputs: bytes | None, error: dict[str, str | int | None] | None = None
    ) -> bytes:
        return render_envelope(
            source=record.source,
            model_name=self.model_name,
            model_version=self.model_version,
            inputs=record.value,
            outputs=outputs,
            at_seconds=self._wall_clock(),
            error=error,
        )


def _error_headers(failure: Failure, form: str) -> Headers:
    status: Headers = [] if failure.status is None else [("penstock-error-status", str(failure.status))]
    return [
        ("penstock-error", failure.fault.value),
        *status,
        ("penstock-error-attempts", str(failure.attempts)),
        ("penstock-error-message", failure.message.encode()[:MAX_MESSAGE_BYTES].decode(errors="ignore")),
        ("penstock-error-value", form),
    ]


def fits(key: bytes | None, value: bytes, headers: Headers, limit_bytes: int) -> bool:
    """Whether a record is small enough for a topic, by an upper bound of its size in record format v2."""
    size_bytes = RECORD_OVERHEAD_BYTES + len(value) + (len(key) if key else 0)
    return size_bytes + headers_bytes(headers) <= limit_bytes


def headers_bytes(headers: Iterable[tuple[str, str | bytes | None]]) -> int:
    """An upper bound of what headers take in a record."""
    return sum(HEADER_OVERHEAD_BYTES + 4 * len(name) + (len(value) if value else 0) for name, value in headers)
