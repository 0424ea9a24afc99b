"""The worker as a child process: started, started again after a clean end nobody asked for, and ended by draining.

A worker ends with exit code 0 by itself when its secret files changed: librdkafka reads certificates once per client,
so a restart is how it takes them up. Any other end is a crash and ends the run with the worker's own reason.
"""

import sys
import time

from penstock.child_process import ChildProcess, ended_text
from penstock.failures import Failed
from penstock.private_folder import PrivateFolder
from penstock.screen import Screen
from penstock.worker_log import parse_log_line
from penstock_worker.reasons import Reason

RESTART_SECONDS = 1.0


def worker_command(subcommand: str, folder: PrivateFolder, *options: str) -> list[str]:
    """`python -m penstock_worker`, in this very environment."""
    directories = ["--config-dir", str(folder.config_dir), "--secrets-dir", str(folder.secrets_dir)]
    return [sys.executable, "-m", "penstock_worker", subcommand, *directories, *options]


def show_log_line(line: str, screen: Screen) -> None:
    """Warnings and worse always; the rest with `--verbose`."""
    entry = parse_log_line(line)
    if entry.is_urgent:
        screen.warning(f"worker: {entry.text}")
    elif screen.verbose:
        screen.message(f"worker: {entry.text}")


def reason_text(exit_code: int) -> str:
    """The worker's reason by its exit code, empty for a code that has none."""
    return next((reason.text for reason in Reason if reason.exit_code == exit_code), "")


def shell_exit_code(exit_code: int) -> int:
    """As a shell reports it: 128 plus the number of the signal."""
    return exit_code if exit_code >= 0 else 128 - exit_code


class WorkerProcess:
    """One worker at a time."""

    def __init__(self, folder: PrivateFolder, screen: Screen) -> None:
        self._folder = folder
        self._screen = screen
        self._child: ChildProcess | None = None
        self._start_at_seconds = 0.0

    def start(self) -> None:
        self._child = ChildProcess(
            "worker",
            worker_command("run", self._folder),
            on_line=lambda line: show_log_line(line, self._screen),
            only_stderr=True,
        )

    def keep_running(self) -> bool:
        """True when it was started anew. Raises `Failed` for a crash, with its reason and exit code."""
        if self._child is None:
            return self._start_when_due()
        exit_code = self._child.exit_code
        if exit_code is None:
            return False
        self._child.finish_reading()
        if exit_code != 0:
            raise Failed(shell_exit_code(exit_code), _crash_text(exit_code))
        self._screen.message("the worker ended to take up changed secret files; it is started again")
        self._child = None
        self._start_at_seconds = time.monotonic() + RESTART_SECONDS
        return False

    def _start_when_due(self) -> bool:
        if time.monotonic() < self._start_at_seconds:
            return False
        self.start()
        return True

    def terminate(self) -> None:
        """The first asks it to drain, the second to end at once."""
        if self._child is not None:
            self._child.terminate()

    @property
    def has_ended(self) -> bool:
        return self._child is None or self._child.exit_code is not None

    def stop(self, grace_seconds: float) -> int:
        return 0 if self._child is None else self._child.stop(grace_seconds)


def _crash_text(exit_code: int) -> str:
    reason = reason_text(exit_code)
    return f"the worker {ended_text(exit_code)}{f' ({reason})' if reason else ''}; its last log lines are above"
