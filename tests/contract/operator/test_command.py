"""`python -m penstock_operator`: its exit codes, its signals, what it prints, and that no traceback is among it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from penstock_operator.files.yaml_text import parse_text
from penstock_operator.state.kinds import MODEL_DEPLOYMENT
from support.custom_resources.documents import FIRST_FILE
from support.fake_api.server import FakeApi
from support.operator.api import Api, User
from support.ports import free_port
from support.process import ChildProcess
from support.waiting import wait_until

COMMAND = (sys.executable, "-m", "penstock_operator")
START_SECONDS = 30
STOP_SECONDS = 30


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, **environment}
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, env=given, timeout=60, check=False)


@pytest.fixture
def environment(fake_api: Api) -> Mapping[str, str]:
    return {
        "KUBECONFIG": str(fake_api.kubeconfig),
        "PENSTOCK_WORKER_IMAGE": "worker:1",
        "PENSTOCK_PORT": str(free_port()),
    }


@pytest.fixture
def process(environment: Mapping[str, str], tmp_path: Path) -> Iterator[ChildProcess]:
    child = ChildProcess([*COMMAND, "run"], log=tmp_path / "log", env=environment)
    yield child
    child.kill()


def lines(process: ChildProcess) -> list[dict[str, object]]:
    return [json.loads(line) for line in process.log.read_text().splitlines()]


def test_it_works_until_sigterm_and_ends_well(process: ChildProcess, fake: FakeApi, fake_user: User) -> None:
    fake_user.create_deployment("fraud")

    def has_status() -> bool:
        return "status" in (fake_user.get(MODEL_DEPLOYMENT, "fraud") or {})

    wait_until("it has looked at the resource", has_status, START_SECONDS)
    wait_until("it watches every kind", lambda: fake.watches == len(fake.served), START_SECONDS)
    assert process.stop(STOP_SECONDS) == 0
    assert [line for line in lines(process) if line["level"] != "info"] == []


def test_a_cluster_without_the_definition_ends_it_with_the_command_that_mends_it(
    environment: Mapping[str, str], fake: FakeApi
) -> None:
    fake.served.discard(MODEL_DEPLOYMENT)
    ended = call("run", **environment)
    assert ended.returncode == 3
    assert "kubectl apply --server-side -f crds/" in json.loads(ended.stderr.splitlines()[-1])["message"]


def test_a_wrong_setting_is_named(environment: Mapping[str, str]) -> None:
    ended = call("run", "--threads", "many", **environment)
    assert ended.returncode == 2
    assert ended.stderr.startswith("PENSTOCK_THREADS (--threads): ")


def test_without_credentials_it_says_what_is_missing(tmp_path: Path) -> None:
    ended = call("run", "--worker-image", "worker:1", KUBECONFIG=str(tmp_path / "none"))
    assert ended.returncode == 3
    assert "KUBECONFIG" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_render_prints_the_children_of_a_file() -> None:
    ended = call("render", str(FIRST_FILE), "--worker-image", "registry/worker:7")
    assert (ended.returncode, ended.stderr) == (0, "")
    children = parse_text(ended.stdout)
    assert {"ConfigMap", "Job", "Deployment", "ScaledObject"} <= {child["kind"] for child in children}
    assert "registry/worker:7" in ended.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"kind: ModelDeployment\n", "apiVersion"),
        (b"{", "line 1"),
        (b"\xff\xfe", "not UTF-8"),
        (None, "No such file"),
    ],
)
def test_render_says_what_is_wrong_with_a_file(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "file.yaml"
    if content is not None:
        file.write_bytes(content)
    ended = call("render", str(file))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert str(file) in ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_sigint_ends_it_as_sigterm_does(process: ChildProcess) -> None:
    wait_until("it runs", lambda: "listed" in process.log.read_text(), START_SECONDS)
    process.send(signal.SIGINT)
    assert process.wait(STOP_SECONDS) == 0
