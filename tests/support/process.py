"""Child processes of the tests: output in a file, ended by pid, and never outliving the test run.

The kernel kills a child when the thread that started it ends (PR_SET_PDEATHSIG, set by util-linux' `setpriv`), so start
children from a thread that lives as long as they should.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class ChildProcess:
    """One process with its output in `log`; start again by making a new one."""

    def __init__(
        self, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise RuntimeError("`setpriv` (util-linux) is missing: without it a dead test run would leave processes")
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [setpriv, "--pdeathsig", "KILL", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,  # Ctrl-C reaches the test run alone, which then stops its children in order
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._popen.poll()

    def send(self, number: signal.Signals) -> None:
        if self.running:
            self._popen.send_signal(number)

    def wait(self, timeout_seconds: float) -> int:
        """The exit code; `TimeoutError` with the end of the log if the process still runs."""
        try:
            return self._popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"pid {self.pid} still runs after {timeout_seconds} s\n{self.log_tail()}") from None

    def kill(self) -> None:
        """SIGKILL, and reap."""
        self.send(signal.SIGKILL)
        self._popen.wait(10)

    def stop(self, timeout_seconds: float) -> int:
        """SIGTERM, then SIGKILL after the timeout; the exit code."""
        self.send(signal.SIGTERM)
        try:
            return self._popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._popen.returncode

    def log_tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
