"""One record of the output or error topic as one line of `--print`. Pure.

Tab-separated, five columns, so that `cut` and `awk` read it as well as people: kind, topic/partition/offset, key, error
code (empty for outputs), value. Nulls are `\\N` as in `--input`; bytes that would break the line are escaped.
"""

from dataclasses import dataclass

from penstock.input_lines import NULL
from penstock.ledger import Kind, Source

FORMAT = r"kind, topic/partition/offset, key, error code, value; tab-separated, \N is null, control characters escaped"

_ESCAPES = {ordinal: f"\\x{ordinal:02x}" for ordinal in (*range(0x20), *range(0x7F, 0xA0))}
_ESCAPES |= {ord("\t"): "\\t", ord("\n"): "\\n", ord("\r"): "\\r"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A record of the output or error topic, as far as people look at it."""

    kind: Kind
    position: str  # topic/partition/offset of the answer itself
    source: Source  # of the input record
    key: bytes | None
    code: str  # `penstock-error`, empty for outputs
    value: bytes | None

    @property
    def size_bytes(self) -> int:
        return len(self.key or b"") + len(self.value or b"")


def format_answer(answer: Answer) -> str:
    return "\t".join((answer.kind, answer.position, readable(answer.key), answer.code, readable(answer.value)))


def readable(text: bytes | None, limit: int | None = None) -> str:
    """Text as UTF-8 where it is, no control characters (a value must not steer the terminal), cut to `limit`."""
    if text is None:
        return NULL.decode()
    whole = text[: limit and 4 * limit].decode(errors="backslashreplace").translate(_ESCAPES)
    return whole if limit is None or len(whole) <= limit else whole[: limit - 1] + "…"
