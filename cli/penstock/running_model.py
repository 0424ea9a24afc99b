"""The model beside the run: a command or a container, started, awaited, watched and ended. Or nothing to run at all."""

import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from penstock.child_process import ChildProcess, ended_text
from penstock.failures import Failed
from penstock.screen import Screen
from penstock.stopping import StopRequests
from penstock_worker.reasons import Reason

CONNECT_SECONDS = 1
STOP_SECONDS = 10  # as long as `docker stop`


@dataclass(frozen=True, slots=True)
class ModelProgram:
    """What to start, and the port on 127.0.0.1 where it will accept."""

    command: Sequence[str]
    port: int
    startup_seconds: int
    environment: Mapping[str, str] = field(default_factory=dict)


class RunningModel:
    """A started model; without a program, one that somebody else runs."""

    def __init__(self, child: ChildProcess | None) -> None:
        self._child = child

    def check(self) -> None:
        """Raises `Failed` (`ModelUnreachable`) with its last words when it ended."""
        if self._child is None or self._child.exit_code is None:
            return
        exit_code = self._child.exit_code
        self._child.finish_reading()
        raise _unreachable(
            f"the model {ended_text(exit_code)}; its last words:\n{self._child.last_words() or '(none)'}"
        )


@contextmanager
def running_model(program: ModelProgram | None, screen: Screen) -> Iterator[RunningModel]:
    """Starts it and ends it; `wait_for_model` waits until it listens."""
    if program is None:
        yield RunningModel(None)
        return
    if _accepts(program.port):
        raise _unreachable(f"127.0.0.1:{program.port} is taken by another program; choose a port by --model-port")
    child = _start(program, screen)
    try:
        yield RunningModel(child)
    finally:
        child.stop(STOP_SECONDS)


def wait_for_model(program: ModelProgram | None, model: RunningModel, stop: StopRequests) -> None:
    """Until its port accepts. Raises `Failed` when it ends, or after its startup time."""
    if program is None:
        return
    deadline = time.monotonic() + program.startup_seconds
    while not _accepts(program.port):
        model.check()
        if time.monotonic() > deadline:
            raise _unreachable(
                f"the model does not listen on 127.0.0.1:{program.port} after {program.startup_seconds} s"
            )
        stop.step()


def _start(program: ModelProgram, screen: Screen) -> ChildProcess:
    def show(line: str) -> None:
        if screen.verbose:
            screen.message(f"model: {line}")

    try:
        return ChildProcess("model", program.command, on_line=show, environment=program.environment)
    except OSError as error:
        raise _unreachable(f"the model cannot be started: {program.command[0]}: {error.strerror}") from error


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _unreachable(text: str) -> Failed:
    return Failed(Reason.MODEL_UNREACHABLE.exit_code, text)
