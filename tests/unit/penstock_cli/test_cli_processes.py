"""Child processes: what they say is taken in, how they end is told, and none is left behind."""

import os
import signal
import sys
import threading
from pathlib import Path

import psutil
import pytest

from penstock.child_process import ChildProcess, ended_text
from penstock.embedded_kafka import create_topics, embedded_kafka
from penstock.failures import Failed, Interrupted
from penstock.running_model import ModelProgram, running_model, wait_for_model
from penstock.screen import Screen
from penstock.stopping import StopRequests
from penstock.worker_process import reason_text, shell_exit_code
from penstock_worker.reasons import Reason
from support.ports import free_port


def unheard(line: str) -> None:
    """Only the tail matters."""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_both_streams_are_read_line_by_line_and_the_end_is_kept() -> None:
    lines: list[str] = []
    child = ChildProcess(
        "child", python("import sys; print('out', flush=True); print('err', file=sys.stderr)"), on_line=lines.append
    )
    child._popen.wait(10)
    child.finish_reading()
    assert sorted(lines) == ["err", "out"]
    assert child.exit_code == 0
    assert set(child.tail) == {"err", "out"}


def test_bytes_that_are_no_text_do_not_stop_the_reading() -> None:
    child = ChildProcess("child", python("import os; os.write(1, b'\\xff\\n'); os.write(1, b'ok\\n')"), on_line=unheard)
    child._popen.wait(10)
    child.finish_reading()
    assert child.last_words() == "\\xff\nok"


def test_a_child_that_ignores_sigterm_is_killed_with_what_it_started() -> None:
    started = threading.Event()
    code = (
        "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); p.wait()"
    )
    child = ChildProcess("child", python(code), on_line=lambda line: started.set())
    assert started.wait(10)
    grandchild = psutil.Process(int(child.tail[0]))
    assert child.stop(grace_seconds=0.1) == -9
    _, alive = psutil.wait_procs([grandchild], timeout=10)
    assert alive == []


def test_how_a_process_ended_is_told_in_words() -> None:
    assert ended_text(3) == "ended with exit code 3"
    assert ended_text(-9) == "was ended by SIGKILL"
    assert ended_text(-999) == "was ended by signal 999"


def test_exit_codes_of_the_worker_have_its_reasons() -> None:
    assert all(reason_text(reason.exit_code) == reason.text for reason in Reason)
    assert reason_text(1) == ""
    assert shell_exit_code(7) == 7
    assert shell_exit_code(-9) == 137


def model(command: str, port: int) -> ModelProgram:
    return ModelProgram(["/bin/sh", "-c", command], port, startup_seconds=20, environment={"PORT": str(port)})


LISTENING = "import os, socket, time; s = socket.create_server(('127.0.0.1', int(os.environ['PORT']))); time.sleep(600)"
LISTEN = f'exec {sys.executable} -c "{LISTENING}"'


def test_a_model_is_awaited_until_it_listens_and_ended_with_the_block() -> None:
    program = model(LISTEN, free_port())
    with StopRequests() as stop, running_model(program, Screen()) as started:
        wait_for_model(program, started, stop)
        started.check()
        pid = started._child._popen.pid if started._child else 0
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


def test_a_model_that_crashes_shows_its_last_words() -> None:
    program = model("echo no such weights; exit 4", free_port())
    with StopRequests() as stop, running_model(program, Screen()) as started:
        with pytest.raises(Failed, match=r"exit code 4; its last words:\nno such weights") as failure:
            wait_for_model(program, started, stop)
        assert failure.value.exit_code == Reason.MODEL_UNREACHABLE.exit_code


def test_a_port_that_somebody_else_has_is_not_taken_for_the_model() -> None:
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as other:
        program = model(LISTEN, other.getsockname()[1])
        with pytest.raises(Failed, match="is taken by another program"), running_model(program, Screen()):
            pass


def test_a_stop_while_the_model_starts_is_heeded() -> None:
    program = model("exec sleep 600", free_port())
    with StopRequests() as stop, running_model(program, Screen()) as started:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted):
            wait_for_model(program, started, stop)


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    """As `nohup` and a shell's background jobs arrange it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopRequests() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            assert stop.count == 1
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_embedded_broker_serves_until_the_block_ends() -> None:
    with StopRequests() as stop:
        with embedded_kafka(stop) as broker:
            create_topics(broker.address, ["a", "b", "a"])
            broker.check()
            pid = broker._child._popen.pid
        assert not psutil.pid_exists(pid)


def test_an_embedded_broker_that_died_is_noticed() -> None:
    with StopRequests() as stop, embedded_kafka(stop) as broker:
        broker._child.kill()
        with pytest.raises(Failed, match="the embedded broker was ended by SIGKILL"):
            broker.check()


def test_no_child_outlives_a_killed_command(tmp_path: Path) -> None:
    """SIGKILL leaves no time to clean up, so the kernel must."""
    code = (
        "from penstock.child_process import ChildProcess; import time, sys\n"
        "child = ChildProcess('child', ['sleep', '600'], on_line=print)\n"
        "print(child._popen.pid, flush=True); time.sleep(600)"
    )
    parent = ChildProcess("parent", python(code), on_line=unheard)
    while not parent.tail:
        parent._reader.join(0.01)
    child = psutil.Process(int(parent.tail[0]))
    os.kill(parent._popen.pid, signal.SIGKILL)
    assert psutil.wait_procs([child], timeout=10)[1] == []
    parent.stop(0)
