"""Logins that work, logins that do not, and secrets that change under a running worker."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from penstock_worker.reasons import Reason
from support.bridge import Bridge, NewBridge
from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import PASSWORD
from support.kafka.records import Record
from support.logins import mutual_tls, sasl_over_tls

pytestmark = pytest.mark.kafka

SOON = {
    "penstock_worker.run.SECRETS_INTERVAL_SECONDS": 0.5,  # of 10
    "penstock_worker.run.LONGEST_ROTATION_JITTER_SECONDS": 0.5,  # of 30
}


def passes(bridge: Bridge, count: int = 20) -> None:
    bridge.add()
    bridge.produce(Record(b"%d" % number) for number in range(count))
    bridge.outputs(count)
    bridge.wait_committed()


def test_mutual_tls_with_an_encrypted_key(new_bridge: NewBridge, secured: KafkaCluster) -> None:
    settings = mutual_tls(secured, "user-encrypted")
    passes(new_bridge(cluster=secured, settings=settings, secrets_dir=secured.secrets_dir))


@pytest.mark.parametrize("mechanism", ["Plain", "ScramSha256", "ScramSha512"])
def test_sasl_over_tls(new_bridge: NewBridge, secured: KafkaCluster, mechanism: str) -> None:
    settings = sasl_over_tls(secured, mechanism)
    passes(new_bridge(cluster=secured, settings=settings, secrets_dir=secured.secrets_dir))


REFUSALS: dict[str, tuple[dict[str, Any], Reason]] = {
    "a wrong password": ({"secret": "wrong-login"}, Reason.AUTHENTICATION_FAILED),
    "a secret that is not there": ({"secret": "no-such-secret"}, Reason.SECRET_MISSING),
}


@pytest.mark.parametrize(("login", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_a_login_that_fails_at_the_start_ends_the_worker_with_its_reason(
    new_bridge: NewBridge, secured: KafkaCluster, login: dict[str, Any], reason: Reason
) -> None:
    bridge = new_bridge(
        cluster=secured,
        settings=sasl_over_tls(secured, **login),
        secrets_dir=secured.secrets_dir,
        patches={"penstock_worker.run.START_SECONDS": 5.0},
    )
    worker = bridge.make()
    worker.start()
    assert worker.wait(40) == reason.exit_code
    assert worker.log_lines()[-1]["reason"] == reason.text
    assert PASSWORD not in worker.log.read_text()


def test_changed_secrets_end_the_worker_drained(new_bridge: NewBridge, secured: KafkaCluster, tmp_path: Path) -> None:
    """librdkafka reads certificates once per client; the kubelet starts the container again."""
    secrets = tmp_path / "secrets"
    shutil.copytree(secured.secrets_dir, secrets)
    bridge = new_bridge(cluster=secured, settings=sasl_over_tls(secured), secrets_dir=secrets, patches=SOON)
    worker = bridge.add()
    (secrets / "user" / "user.crt").write_text("not referenced by these settings")
    bridge.produce(Record(b"%d" % number) for number in range(20))
    bridge.outputs(20)
    assert worker.running
    (secrets / "login" / "password").write_text(PASSWORD + "\n")
    assert worker.wait(30) == 0
    messages = [line["message"] for line in worker.log_lines()]
    assert "secret files changed, draining for a restart" in messages
    assert messages[-1] == "drained"
    assert bridge.committed() == bridge.ends()
    worker.start()
    bridge.produce([Record(b"20")])
    bridge.outputs(21)


def test_a_secret_that_vanishes_for_a_moment_changes_nothing(
    new_bridge: NewBridge, secured: KafkaCluster, tmp_path: Path
) -> None:
    """The kubelet swaps the files of a projected volume; between two versions there may be none."""
    secrets = tmp_path / "secrets"
    shutil.copytree(secured.secrets_dir, secrets)
    bridge = new_bridge(cluster=secured, settings=sasl_over_tls(secured), secrets_dir=secrets, patches=SOON)
    worker = bridge.add()
    hidden = (secrets / "login").rename(tmp_path / "hidden")
    bridge.produce(Record(b"%d" % number) for number in range(20))
    bridge.outputs(20)
    hidden.rename(secrets / "login")
    bridge.produce([Record(b"20")])
    bridge.outputs(21)
    assert worker.running
