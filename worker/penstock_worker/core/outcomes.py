"""What an answer of the model means for its record: the outcome table of the delivery contract."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """The class of an answer. What each leads to is decided in `retries` and the predict stage."""

    DONE = "done"  # output topic
    NOT_NOW = "not now"  # retried, costs no attempt: the model is away or overloaded
    FAILED = "failed"  # retried, costs an attempt
    MISCONFIGURED = "misconfigured"  # error topic, but the first ones and long rows of them open the breaker
    REFUSED = "refused"  # error topic at once; a batch is bisected
    UNUSABLE = "unusable"  # error topic; a batch is bisected


DEFINITIVE = frozenset({Outcome.DONE, Outcome.REFUSED, Outcome.UNUSABLE})
"""Answers that prove the model alive."""


class WireFault(Enum):
    """What can go wrong without an HTTP status. Texts reach users: they name no address and no payload."""

    NO_CONNECTION = ("no connection to the model", Outcome.NOT_NOW)
    TIMEOUT = ("no answer within timeoutSeconds", Outcome.FAILED)
    RESET = ("connection closed before an answer", Outcome.FAILED)
    TRUNCATED = ("connection closed in the middle of an answer", Outcome.FAILED)
    NOT_HTTP = ("the answer is not HTTP", Outcome.FAILED)
    TOO_LARGE = ("the answer is larger than maxResponseBytes", Outcome.UNUSABLE)

    def __init__(self, text: str, outcome: Outcome) -> None:
        self.text = text
        self.outcome = outcome


_NOT_NOW = {429, 503}
_FAILED = {408, 425}
_MISCONFIGURED = {401, 403, 404, 405}


def _classify(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.DONE
    if status in _NOT_NOW:
        return Outcome.NOT_NOW
    if status in _FAILED or status >= 500:
        return Outcome.FAILED
    if status in _MISCONFIGURED:
        return Outcome.MISCONFIGURED
    if 400 <= status < 500:
        return Outcome.REFUSED
    return Outcome.UNUSABLE  # a redirect is never followed: it may lead out of the tenant's network


OUTCOME_OF_STATUS: tuple[Outcome, ...] = tuple(_classify(status) for status in range(1000))
"""Index: an HTTP status of three digits."""
