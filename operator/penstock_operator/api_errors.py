"""What the API server said no to, or why it did not answer. Pure."""

import json
from collections.abc import Mapping
from typing import Final

from penstock_operator.texts import quoted

_FOR_GOOD: Final = frozenset({400, 403, 404, 405, 413, 415, 422})


class ApiError(Exception):
    """A call that failed. `status` is None where there was no answer; the text has at most 256 bytes."""

    def __init__(self, status: int | None, text: str, retry_after_seconds: float = 0.0) -> None:
        super().__init__(text)
        self.status = status
        self.retry_after_seconds = retry_after_seconds

    @property
    def is_refusal(self) -> bool:
        """Asking again with the same words would be answered the same."""
        return self.status in _FOR_GOOD

    @property
    def is_conflict(self) -> bool:
        """What was read is no longer so; the watch brings what is."""
        return self.status == 409


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """From an answer of 400 or more."""
    try:
        said = json.loads(body)["message"]
    except (ValueError, TypeError, KeyError):
        said = ""
    return ApiError(status, quoted(said or f"the API server answered {status}"), _retry_after_seconds(headers))


def _retry_after_seconds(headers: Mapping[str, str]) -> float:
    """Only seconds: Kubernetes never sends a date."""
    text = headers.get("Retry-After") or ""
    return float(text) if text.isdecimal() else 0.0
