"""One child process: its output line by line, its end, its stop. Model, worker, pre-flight and broker are made of it.

Invariant: no child outlives the command. Each has a session of its own, so that Ctrl-C reaches the command alone, which
then stops its children in order; should the command itself be killed, Linux ends them (PR_SET_PDEATHSIG by `setpriv`).
"""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO

TAIL_LINES = 20
MAX_LINE_CHARACTERS = 16 * 1024
STEP_SECONDS = 0.02

OnLine = Callable[[str], None]


class ChildProcess:
    """A started process. Start it from the main thread: the kernel ends it together with the thread that started it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        on_line: OnLine,
        only_stderr: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Raises `OSError` when the program cannot be started."""
        self.name = name
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._on_line = on_line
        self._popen = subprocess.Popen(  # noqa: S603 - the command is ours or the user's own
            [*_tied_to_this_process(), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if only_stderr else subprocess.PIPE,
            stderr=subprocess.PIPE if only_stderr else subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=True,
        )
        self._reader = threading.Thread(
            target=self._read, args=(self._popen.stdout or self._popen.stderr,), name=f"{name} output", daemon=True
        )
        self._reader.start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._popen.poll()

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the process and to what it started, and reap."""
        self._signal(signal.SIGKILL)
        self._popen.wait(10)

    def stop(self, grace_seconds: float) -> int:
        """SIGTERM, SIGKILL after the grace time; the exit code."""
        if self.exit_code is None:
            self.terminate()
            self._wait(grace_seconds)
        self.kill()
        self.finish_reading()
        return self._popen.returncode

    def finish_reading(self) -> None:
        """Take in the last words. Bounded, since a grandchild may keep the pipe open."""
        self._reader.join(1)

    def last_words(self) -> str:
        return "\n".join(self.tail)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.exit_code is None and time.monotonic() < deadline:
            time.sleep(STEP_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS: PermissionError for a group of zombies
            os.killpg(self._popen.pid, number)

    def _read(self, pipe: IO[str]) -> None:
        with pipe:
            while line := pipe.readline(MAX_LINE_CHARACTERS):
                self.tail.append(line.rstrip("\n"))
                self._on_line(line.rstrip("\n"))


def _tied_to_this_process() -> list[str]:
    setpriv = shutil.which("setpriv")  # util-linux; elsewhere a killed command leaves its children to the user
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def ended_text(exit_code: int) -> str:
    """How a process ended, for people."""
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-exit_code).name}"
    return f"was ended by signal {-exit_code}"
