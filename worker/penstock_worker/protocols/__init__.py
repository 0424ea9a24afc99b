"""One file per model protocol: request bytes and content types, how a batch is spliced and split.

A protocol is pure: it turns records into request bodies and answers into values. What an HTTP status means is the
transport's business and the same for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock_worker.messages import Record


class ModelProtocol(Protocol):
    """What the decode and predict stages ask."""

    def problem(self, record: Record, *, batched: bool) -> str | None:
        """Why this record cannot be sent to the model, in words without payload; None where it can."""

    def headers(self, record: Record) -> bytes | None:
        """Rendered header lines for one record's request; None for the protocol's default."""

    def splice(self, records: Sequence[Record]) -> bytes:
        """The body that asks for all of them."""

    def split(self, body: bytes, count: int) -> list[bytes] | None:
        """One value per record of the batch, in order; None where the answer does not hold exactly `count`."""
