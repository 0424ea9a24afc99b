"""What the API server said no to, or why it did not answer. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Final

from penstock_operator.decision.texts import quoted

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
    said = _said(body)
    if status == 422 and any(cause.get("field") == "metadata.uid" for cause in _causes(said)):
        status = 409  # how a server-side apply says that its UID is another object's
    text = quoted(said.get("message") or f"the API server answered {status}")
    return ApiError(status, text, _retry_after_seconds(headers))


def _said(body: bytes) -> Mapping[str, Any]:
    """The `Status` that Kubernetes answers with; whoever stands between may answer with anything."""
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _causes(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    details = said.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return [cause for cause in causes if isinstance(cause, dict)] if isinstance(causes, list) else []


def _retry_after_seconds(headers: Mapping[str, str]) -> float:
    """Only seconds: Kubernetes never sends a date."""
    text = headers.get("Retry-After") or ""
    return float(text) if text.isdecimal() else 0.0
