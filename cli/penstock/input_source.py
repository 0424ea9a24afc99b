"""Where `--input` comes from: a file or stdin, read without ever blocking the run."""

import os
import select
import stat
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from penstock.failures import WRONG_USE, Failed
from penstock.input_lines import InputRecord, LineSplitter, LineTooLong

CHUNK_BYTES = 256 * 1024
STDIN = "-"


class InputSource:
    """Records in the order of the lines; at most one chunk is read ahead."""

    def __init__(self, name: str) -> None:
        """Raises `Failed` when the file cannot be read."""
        self._name = "stdin" if name == STDIN else name
        self._splitter = LineSplitter()
        self._records: deque[InputRecord] = deque()
        self._ended = False
        self._descriptor = 0 if name == STDIN else _open(Path(name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor:
            os.close(self._descriptor)

    @property
    def ended(self) -> bool:
        """Nothing will come any more."""
        return self._ended and not self._records

    def peek(self) -> InputRecord | None:
        """The next record, if one is there now; it stays the next one until `drop`."""
        while not self._records and not self._ended and self._is_readable():
            self._read_chunk()
        return self._records[0] if self._records else None

    def drop(self) -> None:
        self._records.popleft()

    def _is_readable(self) -> bool:
        return bool(select.select([self._descriptor], [], [], 0)[0])

    def _read_chunk(self) -> None:
        try:
            chunk = os.read(self._descriptor, CHUNK_BYTES)
            self._records.extend(self._splitter.feed(chunk) if chunk else self._splitter.finish())
        except OSError as error:
            raise Failed(WRONG_USE, f"--input {self._name}: {error.strerror}") from error
        except LineTooLong as error:
            raise Failed(WRONG_USE, f"--input {self._name}: {error}; the file holds one record a line") from error
        self._ended = not chunk


def _open(file: Path) -> int:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Failed(WRONG_USE, f"--input {file}: {error.strerror}") from error
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Failed(WRONG_USE, f"--input {file}: is a directory; name a file with one record a line, or - for stdin")
    return descriptor
