"""What the user sees. Records go to stdout alone, everything else to stderr, so that a pipe gets records only.

On a terminal the status is one live line below everything else; elsewhere it is a plain line now and then.
"""

import sys
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from penstock.answer_lines import Answer, format_answer
from penstock.ledger import ERROR
from penstock.status import Status, status_line

LIVE_SECONDS = 0.25
PLAIN_SECONDS = 5.0


class PipeAwareConsole(Console):
    """Notes a closed pipe instead of leaving the process, wherever the write came from."""

    is_broken = False

    def on_broken_pipe(self) -> None:
        self.is_broken = True
        self.quiet = True


class Screen:
    """Safe to call from any thread; rich serialises the writes."""

    def __init__(self, *, verbose: bool = False) -> None:
        self.verbose = verbose
        self._console = PipeAwareConsole(stderr=True, highlight=False, markup=False, soft_wrap=True)
        self._live = Live(
            Text("starting", style="bold"),
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._shares_terminal = self._console.is_terminal and sys.stdout.isatty()
        self._stdout_broken = False
        self._status_at_seconds = time.monotonic()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    @property
    def is_broken(self) -> bool:
        """Whoever read us has gone: nobody sees what would come."""
        return self._stdout_broken or self._console.is_broken

    def end_status(self) -> None:
        """What comes now is final."""
        self._live.stop()

    def message(self, text: str) -> None:
        self._console.print(Text(text))

    def warning(self, text: str) -> None:
        self._console.print(Text(text, style="yellow"))

    def answers(self, answers: Iterable[Answer]) -> None:
        """On stdout; above the live line where both are one terminal."""
        if self._shares_terminal:
            lines = [Text(format_answer(answer), style="red" if answer.kind == ERROR else "") for answer in answers]
            self._console.print(Text("\n").join(lines))  # one write: each draws the live line anew
            return
        try:
            sys.stdout.writelines(f"{format_answer(answer)}\n" for answer in answers)
            sys.stdout.flush()
        except BrokenPipeError:
            self._stdout_broken = True

    def status(self, status: Status) -> None:
        """Drawn at most every `LIVE_SECONDS`, printed at most every `PLAIN_SECONDS`."""
        now = time.monotonic()
        live = self._live.is_started
        if now - self._status_at_seconds < (LIVE_SECONDS if live else PLAIN_SECONDS):
            return
        self._status_at_seconds = now
        if live:
            self._live.update(Text(status_line(status), style="bold", no_wrap=True, overflow="ellipsis"), refresh=True)
        else:
            self.message(status_line(status))
