"""`penstock run` and `penstock offsets reset` against a real broker: topics, logins, reasons, places to read from."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer

from support.kafka.admin import wait_until
from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import PASSWORD, SASL_SSL, SSL, USERNAME
from support.kafka.records import Record
from support.penstock_command import Ended, PenstockCommand, deployment, run_penstock, write_yaml

pytestmark = pytest.mark.kafka

ECHO_MODEL = f"exec {sys.executable} {Path(__file__).parents[1] / 'support' / 'echo_model.py'}"
SECONDS = 60


@pytest.fixture(scope="module")
def secured() -> Iterator[KafkaCluster]:
    with KafkaCluster(listeners=(SSL, SASL_SSL)) as cluster:
        yield cluster


@pytest.fixture
def name(unique: Callable[[str], str]) -> str:
    """Of a ModelDeployment and its topics, for this test alone."""
    return unique("echo")


def run_drained(folder: Path, documents: list[dict[str, Any]], *options: str | Path, records: int = 50) -> Ended:
    (folder / "lines").write_text("".join(f"k{number}\tvalue {number}\n" for number in range(records)))
    file = write_yaml(folder / "deployment.yaml", *documents)
    return run_penstock(
        *("run", "-f", file, "--model-command", ECHO_MODEL, "--model-port", "0"),
        *("--input", folder / "lines", "--until-drained", "--print", "--summary", folder / "counts.json", *options),
        folder=folder,
        seconds=SECONDS,
    )


def counts(folder: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads((folder / "counts.json").read_text())
    return found


def document(kafka: KafkaCluster, name: str, listener: str = "PLAINTEXT", **settings: Any) -> dict[str, Any]:
    return deployment(name, bootstrapServers=list(kafka.bootstrap_servers(listener)), **settings)


def test_all_three_topics_are_created_and_every_record_is_answered(
    kafka: KafkaCluster, name: str, tmp_path: Path
) -> None:
    ended = run_drained(tmp_path, [document(kafka, name)])
    assert ended.exit_code == 0, ended.stderr
    assert counts(tmp_path) == {"input": 50, "output": 50, "error": 0}
    assert len(kafka.read_all(f"{name}.out")) == 50
    assert keys_of(ended) == sorted(f"k{number}" for number in range(50))


def test_topics_that_nobody_creates_are_missed_by_name(kafka: KafkaCluster, name: str, tmp_path: Path) -> None:
    wanted = document(kafka, name)
    del wanted["spec"]["kafka"]["createTopics"]
    ended = run_drained(tmp_path, [wanted])
    assert ended.exit_code == 7
    assert "TopicMissing" in ended.stderr
    assert f"{name}.in" in ended.stderr


def test_a_second_run_goes_on_where_the_first_ended_and_counts_its_own_records(
    kafka: KafkaCluster, name: str, tmp_path: Path
) -> None:
    wanted = document(kafka, name, createTopics={"partitions": 1})
    run_drained(tmp_path, [wanted])
    kafka.produce(f"{name}.in", [Record(b"from somebody else")] * 5)
    ended = run_drained(tmp_path, [wanted], records=20)
    assert ended.exit_code == 0, ended.stderr
    assert counts(tmp_path) == {"input": 20, "output": 20, "error": 0}
    assert "penstock offsets reset" in ended.stderr
    assert "5 answers to records that this run did not feed" in ended.stderr
    assert len(kafka.read_all(f"{name}.out")) == 75


def test_a_login_by_a_client_certificate_from_a_secrets_dir(secured: KafkaCluster, name: str, tmp_path: Path) -> None:
    tls = {
        "trust": "Secret",
        "ca": {"secretName": "kafka-ca", "key": "ca.crt"},
        "certificate": {"secretName": "user", "key": "user.crt"},
        "key": {"secretName": "user", "key": "user.key"},
    }
    ended = run_drained(tmp_path, [document(secured, name, SSL, tls=tls)], "--secrets-dir", secured.secrets_dir)
    assert ended.exit_code == 0, ended.stderr
    assert counts(tmp_path) == {"input": 50, "output": 50, "error": 0}


def scram(secured: KafkaCluster, name: str, password: str) -> list[dict[str, Any]]:
    """A ModelDeployment and its Secrets in one file."""
    login = {part: {"secretName": "login", "key": part} for part in ("username", "password")}
    authority = (secured.secrets_dir / "kafka-ca" / "ca.crt").read_text()
    return [
        document(
            secured,
            name,
            SASL_SSL,
            tls={"trust": "Secret", "ca": {"secretName": "kafka-ca", "key": "ca.crt"}},
            sasl={"mechanism": "ScramSha512", **login},
        ),
        _secret("kafka-ca", {"ca.crt": authority}),
        _secret("login", {"username": USERNAME, "password": password}),
    ]


def _secret(name: str, values: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}


def test_a_login_by_password_from_secrets_in_the_file(secured: KafkaCluster, name: str, tmp_path: Path) -> None:
    ended = run_drained(tmp_path, scram(secured, name, PASSWORD))
    assert ended.exit_code == 0, ended.stderr
    assert PASSWORD not in ended.stderr


def test_a_refused_login_has_its_own_exit_code(secured: KafkaCluster, name: str, tmp_path: Path) -> None:
    ended = run_drained(tmp_path, scram(secured, name, "wrong"))
    assert ended.exit_code == 5
    assert "AuthenticationFailed" in ended.stderr
    assert not (tmp_path / "counts.json").exists()


def test_a_missing_secret_is_named(secured: KafkaCluster, name: str, tmp_path: Path) -> None:
    ended = run_drained(tmp_path, scram(secured, name, PASSWORD)[:2])
    assert ended.exit_code == 8
    assert "Secret login, key password" in ended.stderr


def test_a_foreign_member_of_the_group_is_refused(kafka: KafkaCluster, name: str, tmp_path: Path) -> None:
    kafka.create_topic(f"{name}.in")
    group = f"model.default.{name}"
    foreign = Consumer({**kafka.client_config(), "group.id": group, "client.id": "somebody-else"})
    foreign.subscribe([f"{name}.in"])
    try:
        wait_until("it is a member", lambda: not foreign.poll(0.1) and bool(foreign.assignment()), SECONDS)
        ended = run_drained(tmp_path, [document(kafka, name)])
    finally:
        foreign.close()
    assert ended.exit_code == 10
    assert "GroupInUse" in ended.stderr


def reset(folder: Path, wanted: dict[str, Any], *options: str) -> Ended:
    file = write_yaml(folder / "deployment.yaml", wanted)
    return run_penstock("offsets", "reset", "-f", file, *options, folder=folder, seconds=SECONDS)


def test_offsets_are_reset_after_a_dry_run_has_shown_how(kafka: KafkaCluster, name: str, tmp_path: Path) -> None:
    wanted = document(kafka, name, createTopics={"partitions": 1})
    run_drained(tmp_path, [wanted])
    shown = reset(tmp_path, wanted, "--to", "earliest", "--dry-run")
    assert shown.exit_code == 0, shown.stderr
    assert "would change" in shown.stdout
    assert "50 read again" in shown.stdout
    changed = reset(tmp_path, wanted, "--to", "Earliest")
    assert "50 read again" in changed.stdout
    assert "unchanged" in reset(tmp_path, wanted, "--to", "1970-01-01T00:00:00Z", "--dry-run").stdout
    assert "50 skipped" in reset(tmp_path, wanted, "--to", "latest").stdout


def test_records_before_a_reset_to_earliest_are_answered_again(kafka: KafkaCluster, name: str, tmp_path: Path) -> None:
    wanted = document(kafka, name)
    first = run_drained(tmp_path, [wanted])
    assert reset(tmp_path, wanted, "--to", "earliest").exit_code == 0
    with running(tmp_path, wanted) as command:
        command.wait_until("50 are answered", lambda: command.stdout_file.read_text().count("\n") == 50, SECONDS)
        command.send(signal.SIGTERM)
        again = command.ended(SECONDS)
    assert keys_of(again) == keys_of(first)


def keys_of(ended: Ended) -> list[str]:
    return sorted(line.split("\t")[2] for line in ended.stdout.splitlines())


def running(folder: Path, wanted: dict[str, Any]) -> PenstockCommand:
    """Until it is stopped, on what others send."""
    file = write_yaml(folder / "running.yaml", wanted)
    options = ("--model-command", ECHO_MODEL, "--model-port", "0", "--print")
    return PenstockCommand("run", "-f", file, *options, folder=folder)


def test_a_place_that_is_none_is_wrong_use(kafka: KafkaCluster, name: str, tmp_path: Path) -> None:
    ended = reset(tmp_path, document(kafka, name), "--to", "yesterday")
    assert ended.exit_code == 2
    assert "yesterday" in ended.stderr


def test_a_running_worker_forbids_a_reset_and_runs_until_it_is_stopped(
    kafka: KafkaCluster, name: str, tmp_path: Path
) -> None:
    wanted = document(kafka, name)
    (tmp_path / "reset").mkdir()
    with running(tmp_path, wanted) as command:
        command.wait_until("it reads", lambda: "reading records" in command.stderr_file.read_text(), SECONDS)
        kafka.produce(f"{name}.in", [Record(b"one", b"key")])
        command.wait_until("it answers", lambda: "\tkey\t" in command.stdout_file.read_text(), SECONDS)
        refused = reset(tmp_path / "reset", wanted, "--to", "latest")
        command.send(signal.SIGTERM)
        ended = command.ended(SECONDS)
    assert refused.exit_code == 10
    assert "GroupInUse" in refused.stderr
    assert ended.exit_code == 0
