"""The command line as its users run it: a process, its two streams, its exit code."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

STEP_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. Every test of it also holds that no traceback was shown."""

    exit_code: int
    stdout: str
    stderr: str
    seconds: float


class PenstockCommand:
    """`python -m penstock …` in a session of its own, as from a shell with job control."""

    def __init__(
        self, *arguments: str | Path, folder: Path, environment: Mapping[str, str] | None = None, stdin: bool = False
    ) -> None:
        self.stdout_file, self.stderr_file = folder / "stdout", folder / "stderr"
        self._started = time.monotonic()
        with self.stdout_file.open("wb") as stdout, self.stderr_file.open("wb") as stderr:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "penstock", *map(str, arguments)],
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Children end with it, see `child_process.py`."""
        if self.popen.stdin is not None:
            self.popen.stdin.close()
        self.popen.kill()
        self.popen.wait()

    def send(self, number: signal.Signals) -> None:
        """To the whole session, as a terminal does for Ctrl-C."""
        os.killpg(self.popen.pid, number)

    def wait_until(self, claim: str, is_true: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not is_true():
            assert self.popen.poll() is None, f"it ended before {claim}:\n{self.stderr_file.read_text()}"
            assert time.monotonic() < deadline, f"not {claim} within {seconds} s:\n{self.stderr_file.read_text()}"
            time.sleep(STEP_SECONDS)

    def ended(self, seconds: float) -> Ended:
        """Waits; a command that does not end in time is killed and fails the test."""
        try:
            exit_code = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"it runs after {seconds} s:\n{self.stderr_file.read_text()}") from None
        stdout, stderr = self.stdout_file.read_text(), self.stderr_file.read_text()
        assert "Traceback" not in stdout + stderr
        assert "internal error" not in stderr
        return Ended(exit_code, stdout, stderr, time.monotonic() - self._started)


def run_penstock(
    *arguments: str | Path, folder: Path, seconds: float = 30, environment: Mapping[str, str] | None = None
) -> Ended:
    with PenstockCommand(*arguments, folder=folder, environment=environment) as command:
        return command.ended(seconds)


def deployment(name: str = "digits", **kafka: Any) -> dict[str, Any]:
    """The smallest document, with `spec.kafka` as given."""
    topics = {"input": f"{name}.in", "output": f"{name}.out", "error": f"{name}.bad"}
    return {
        "apiVersion": "serving.penstock.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": name},
        "spec": {
            "model": {"image": f"registry.example/{name}:1.0.0"},
            "kafka": {"bootstrapServers": ["127.0.0.1:9"], "createTopics": {}, "topics": topics, **kafka},
        },
    }


def write_yaml(file: Path, *documents: Mapping[str, Any]) -> Path:
    file.write_text(yaml.safe_dump_all(documents))
    return file
