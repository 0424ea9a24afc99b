"""Lines of `--input` become records. Pure; the feed reads the bytes.

Invariant: a line gives exactly one record or, when blank, none; a line cut in two by a read is put together again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

NULL = b"\\N"  # PostgreSQL's spelling of null in text files; no JSON text begins with a backslash
MAX_LINE_BYTES = 64 * 1024 * 1024

FORMAT = r"one record a line: `key<TAB>value`, or the value alone (null key); \N is null, blank lines are skipped"


class LineTooLong(ValueError):  # noqa: N818 - a verdict on the user's file
    """A line beyond `MAX_LINE_BYTES`: not a text file of records."""


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One record to feed, and the line that it came from."""

    line_number: int
    key: bytes | None
    value: bytes | None

    @property
    def size_bytes(self) -> int:
        return len(self.key or b"") + len(self.value or b"")


def parse_line(line: bytes, line_number: int) -> InputRecord | None:
    """The first tab ends the key. None for a blank line."""
    if not line.strip(b" "):
        return None
    key, tab, value = line.partition(b"\t")
    if not tab:
        return InputRecord(line_number, None, _or_null(line))
    return InputRecord(line_number, _or_null(key), _or_null(value))


def _or_null(text: bytes) -> bytes | None:
    return None if text == NULL else text


class LineSplitter:
    """Chunks in, records out; keeps the unfinished last line for the next chunk."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._rest_bytes = 0
        self._line_number = 0

    def feed(self, chunk: bytes) -> Iterator[InputRecord]:
        """The records that this chunk completes. Raises `LineTooLong` rather than grow without bound."""
        *complete, rest = chunk.split(b"\n")
        for part in complete:
            line = b"".join((*self._rest, part))
            self._keep(None)
            yield from self._parse(line)
        if rest:
            self._keep(rest)

    def finish(self) -> Iterator[InputRecord]:
        """The last line, which needs no line end."""
        line = b"".join(self._rest)
        self._keep(None)
        yield from self._parse(line)

    def _parse(self, line: bytes) -> Iterator[InputRecord]:
        self._line_number += 1
        record = parse_line(line.removesuffix(b"\r"), self._line_number)
        if record is not None:
            yield record

    def _keep(self, part: bytes | None) -> None:
        if part is None:
            self._rest, self._rest_bytes = [], 0
            return
        self._rest.append(part)
        self._rest_bytes += len(part)
        if self._rest_bytes > MAX_LINE_BYTES:
            raise LineTooLong(f"line {self._line_number + 1} is longer than {MAX_LINE_BYTES} bytes")
