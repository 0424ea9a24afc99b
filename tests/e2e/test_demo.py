"""`make demo` and `penstock run` on the embedded broker as users have them: processes, streams, signals, exit codes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from support.penstock_command import Ended, PenstockCommand, deployment, run_penstock, write_yaml

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "01-local-sklearn"
ECHO_MODEL = f"exec {sys.executable} {REPOSITORY / 'tests' / 'support' / 'echo_model.py'}"

START_SECONDS = 60
END_SECONDS = 60
DEMO_SECONDS = 110


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Path]:
    """The demo, once, into a folder of its own."""
    build = tmp_path_factory.mktemp("demo")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        [EXAMPLE / "demo.sh", build],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=DEMO_SECONDS,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr, 0), build


@pytest.mark.timeout(DEMO_SECONDS + 10)
def test_the_demo_answers_every_record_once(demo: tuple[Ended, Path]) -> None:
    ended, build = demo
    assert ended.exit_code == 0, ended.stderr
    counts = json.loads((build / "demo.json").read_text())
    assert set(counts) == {"input", "output", "error"}
    assert counts["input"] == counts["output"] + counts["error"] == lines_of(build / "demo" / "records.tsv")
    assert counts["input"] > 3000
    assert counts["error"] == (build / "demo" / "records.tsv").read_text().count("bad/")


@pytest.mark.timeout(DEMO_SECONDS + 10)
def test_the_demo_shows_rate_latency_and_some_answers(demo: tuple[Ended, Path]) -> None:
    ended, _ = demo
    assert re.search(r"rate +[\d,]+ records/s", ended.stderr)
    assert re.search(r"model: p50 [\d.]+ m?s, p99 [\d.]+ m?s", ended.stderr)
    assert re.search(r'output +\d/\d+ → \{"digit": \d, "probability": 0\.\d+\}', ended.stderr)
    assert re.search(r"error +bad/\d+ → ModelRefused \{", ended.stderr)
    assert ended.stderr.count("for trying only") == 1
    assert "Traceback" not in ended.stderr


@pytest.mark.timeout(DEMO_SECONDS + 10)
def test_the_demos_model_is_a_real_one(demo: tuple[Ended, Path]) -> None:
    found = re.search(r"accuracy +([\d.]+)% of [\d,]+ held-out digits", demo[0].stdout)
    assert found is not None
    assert 90 < float(found.group(1)) < 100


@pytest.mark.timeout(DEMO_SECONDS + 10)
def test_every_answer_has_the_key_of_its_record(demo: tuple[Ended, Path]) -> None:
    _, build = demo
    records = [line.split("\t")[0] for line in (build / "demo" / "records.tsv").read_text().splitlines()]
    answers = [line.split("\t")[2] for line in (build / "demo" / "answers.tsv").read_text().splitlines()]
    assert sorted(answers) == sorted(records)


def options_of(folder: Path) -> tuple[str | Path, ...]:
    file = write_yaml(folder / "deployment.yaml", deployment("echo"))
    return ("run", "-f", file, "--model-command", ECHO_MODEL, "--model-port", "0")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., PenstockCommand]]:
    """A run with a broker and a model of its own; what a failed test leaves is ended."""
    with ExitStack() as stack:
        yield lambda *options, stdin=True: stack.enter_context(
            PenstockCommand(*options_of(tmp_path), "--embedded-kafka", *options, folder=tmp_path, stdin=stdin)
        )


Start = Callable[..., PenstockCommand]


def lines_of(file: Path) -> int:
    return file.read_bytes().count(b"\n")


def feed(command: PenstockCommand, lines: str) -> None:
    assert command.popen.stdin is not None
    command.popen.stdin.write(lines.encode())
    command.popen.stdin.flush()


def records(count: int) -> str:
    return "".join(f"k{number % 7}\t{'bad' if number % 10 == 0 else number}\n" for number in range(count))


def child_of(command: PenstockCommand, word: str) -> psutil.Process:
    """The process that serves, not the shell or `setpriv` on its way to it."""
    found = [
        child for child in psutil.Process(command.popen.pid).children(recursive=True) if word in str(child.cmdline())
    ]
    return found[-1]


def worker_of(command: PenstockCommand) -> psutil.Process:
    return child_of(command, "penstock_worker")


def assert_nothing_is_left(children: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(children, timeout=10)
    assert [child.cmdline() for child in alive] == []


def test_ctrl_c_drains_and_ends_well(start: Start, tmp_path: Path) -> None:
    counts = tmp_path / "counts.json"
    command = start("--input", "-", "--print", "--summary", counts)
    feed(command, records(200))
    command.wait_until("all is answered", lambda: lines_of(command.stdout_file) == 200, START_SECONDS)
    children = psutil.Process(command.popen.pid).children(recursive=True)
    command.send(signal.SIGINT)
    ended = command.ended(END_SECONDS)
    assert ended.exit_code == 0
    assert json.loads(counts.read_text()) == {"input": 200, "output": 180, "error": 20}
    assert "200 in = 180 output + 20 error" in ended.stderr
    assert_nothing_is_left(children)


def test_a_stop_before_all_was_answered_is_not_taken_for_success(start: Start) -> None:
    command = start("--input", "-", "--print", "--until-drained")
    feed(command, records(20))
    command.wait_until("all is answered", lambda: lines_of(command.stdout_file) == 20, START_SECONDS)
    model = child_of(command, "echo_model.py")
    model.suspend()
    feed(command, records(10))
    command.wait_until("30 were fed", lambda: "30 in" in command.stderr_file.read_text(), START_SECONDS)
    command.send(signal.SIGTERM)
    command.wait_until("it drains", lambda: "stop again" in command.stderr_file.read_text(), END_SECONDS)
    command.send(signal.SIGTERM)
    ended = command.ended(END_SECONDS)
    assert ended.exit_code == 1
    assert "stopped before 10 of 30 records were answered" in ended.stderr


def test_a_worker_that_ends_by_itself_is_started_again_and_nothing_is_lost(start: Start) -> None:
    """As it does for changed secret files: a clean end that nobody asked for."""
    command = start("--input", "-", "--print", "--until-drained")
    feed(command, records(100))
    command.wait_until("100 are answered", lambda: lines_of(command.stdout_file) == 100, START_SECONDS)
    first = worker_of(command)
    first.terminate()
    feed(command, records(100))
    assert command.popen.stdin is not None
    command.popen.stdin.close()
    ended = command.ended(START_SECONDS + END_SECONDS)
    assert ended.exit_code == 0
    assert "it is started again" in ended.stderr
    assert "200 in = 180 output + 20 error" in ended.stderr


def test_a_killed_worker_ends_the_run_with_its_reason(start: Start) -> None:
    command = start("--input", "-", "--print")
    feed(command, records(10))
    command.wait_until("all is answered", lambda: lines_of(command.stdout_file) == 10, START_SECONDS)
    children = psutil.Process(command.popen.pid).children(recursive=True)
    worker_of(command).kill()
    ended = command.ended(END_SECONDS)
    assert ended.exit_code == 137
    assert "the worker was ended by SIGKILL" in ended.stderr
    assert_nothing_is_left(children)


def test_a_model_that_dies_ends_the_run_with_its_last_words(start: Start) -> None:
    command = start("--input", "-", "--print")
    feed(command, records(10))
    command.wait_until("all is answered", lambda: lines_of(command.stdout_file) == 10, START_SECONDS)
    model = child_of(command, "echo_model.py")
    model.kill()
    ended = command.ended(END_SECONDS)
    assert ended.exit_code == 12
    assert "the model was ended by SIGKILL" in ended.stderr


def test_a_killed_command_leaves_nothing_running(start: Start) -> None:
    command = start("--input", "-", "--print")
    feed(command, records(10))
    command.wait_until("all is answered", lambda: lines_of(command.stdout_file) == 10, START_SECONDS)
    children = psutil.Process(command.popen.pid).children(recursive=True)
    assert len(children) >= 3
    command.popen.kill()
    command.popen.wait()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert alive == []


def test_a_reader_that_goes_away_ends_the_run_quietly(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(records(5000))
    file = write_yaml(tmp_path / "deployment.yaml", deployment("echo"))
    run = f"{sys.executable} -m penstock run -f {file} --embedded-kafka --model-command '{ECHO_MODEL}' --model-port 0"
    ended = subprocess.run(
        ["bash", "-c", f"{run} --input {tmp_path / 'lines'} --print | head -1; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        timeout=START_SECONDS + END_SECONDS,
        check=False,
    )
    assert ended.returncode == 0
    assert ended.stdout.count("\n") == 1
    assert "Traceback" not in ended.stderr
    assert "BrokenPipe" not in ended.stderr


def test_more_than_the_embedded_broker_holds_goes_through_it_without_loss(start: Start, tmp_path: Path) -> None:
    """40 MiB through partitions that evict above 5 MiB: only the pacing makes this add up."""
    count = 20_000
    (tmp_path / "lines").write_text("".join(f"k{number % 3}\t{number:02000}\n" for number in range(count)))
    counts = tmp_path / "counts.json"
    command = start("--input", tmp_path / "lines", "--until-drained", "--summary", counts, stdin=False)
    ended = command.ended(START_SECONDS + END_SECONDS)
    assert ended.exit_code == 0, ended.stderr
    assert json.loads(counts.read_text()) == {"input": count, "output": count, "error": 0}


def test_a_wrong_file_names_file_field_and_rule(tmp_path: Path) -> None:
    document = deployment("echo")
    document["spec"]["kafka"]["topics"]["output"] = document["spec"]["kafka"]["topics"]["input"]
    document["spec"]["delivery"] = {"concurrencyy": 3}
    file = write_yaml(tmp_path / "wrong.yaml", document)
    ended = run_penstock("run", "-f", file, "--embedded-kafka", folder=tmp_path)
    assert ended.exit_code == 2
    assert f"{file}: document 1: spec.delivery.concurrencyy: " in ended.stderr
    assert f"{file}: document 1: spec.kafka.topics" in ended.stderr


@pytest.mark.parametrize("file", ["no-such-file.yaml", "/", "/bin/sh", "/dev/null"])
def test_what_is_no_deployment_is_named(file: str, tmp_path: Path) -> None:
    ended = run_penstock("run", "-f", file, folder=tmp_path)
    assert ended.exit_code == 2
    assert file in ended.stderr


def test_a_paused_deployment_is_not_run(tmp_path: Path) -> None:
    document = deployment("echo")
    document["spec"]["paused"] = True
    ended = run_penstock("run", "-f", write_yaml(tmp_path / "f.yaml", document), folder=tmp_path)
    assert ended.exit_code == 2
    assert "spec.paused" in ended.stderr


def unreachable(server: str, folder: Path) -> Ended:
    file = write_yaml(folder / "f.yaml", deployment("echo", bootstrapServers=[server]))
    options = ("--model-command", ECHO_MODEL, "--model-port", "0")
    return run_penstock("run", "-f", file, *options, folder=folder, seconds=40)


def test_an_unreachable_broker_is_named_within_15_seconds(tmp_path: Path) -> None:
    ended = unreachable("127.0.0.1:9", tmp_path)
    assert ended.exit_code == 3
    assert "BrokersUnreachable: 127.0.0.1:9: " in ended.stderr
    assert ended.seconds < 15


def test_a_broker_that_never_answers_is_named_within_15_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = f"127.0.0.1:{silent.getsockname()[1]}"
        ended = unreachable(server, tmp_path)
    assert ended.exit_code == 3
    assert server in ended.stderr
    assert ended.seconds < 15


def test_ctrl_c_while_brokers_are_awaited_ends_at_once(tmp_path: Path) -> None:
    with PenstockCommand(*options_of(tmp_path), folder=tmp_path) as command:
        command.wait_until("it asks", lambda: "asking 127.0.0.1:9" in command.stderr_file.read_text(), START_SECONDS)
        command.send(signal.SIGINT)
        ended = command.ended(5)
    assert ended.exit_code == 130
    assert ended.stderr.endswith("penstock: interrupted\n")


def test_render_shows_the_settings_and_no_secret(tmp_path: Path) -> None:
    tls = {"trust": "Secret", "ca": {"secretName": "kafka-ca", "key": "ca.crt"}}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "kafka-ca"},
        "stringData": {"ca.crt": "hidden"},
    }
    file = write_yaml(tmp_path / "f.yaml", deployment("echo", tls=tls), secret)
    ended = run_penstock("render", "-f", file, folder=tmp_path)
    assert ended.exit_code == 0
    settings = json.loads(ended.stdout)
    assert settings["kafka.json"]["tls"] == tls
    assert settings["kafka.json"]["createTopics"]["includeInput"] is True
    assert settings["worker.json"]["model"]["url"] == "http://127.0.0.1:8080/predict"
    assert "hidden" not in ended.stdout


def test_options_that_exclude_each_other_are_wrong_use(tmp_path: Path) -> None:
    file = write_yaml(tmp_path / "f.yaml", deployment("echo"))
    for options in (("--until-drained",), ("--model-url", "http://x", "--model-command", "y")):
        assert run_penstock("run", "-f", file, *options, folder=tmp_path).exit_code == 2
