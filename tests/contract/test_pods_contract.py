"""What the operator's pods do and the worker expects: the same program, arguments, files, port and paths."""

import tomllib
from typing import Any

import pytest

from penstock_operator.render.pod import volumes
from penstock_operator.render.prepare_job import ACTIVE_DEADLINE_SECONDS
from penstock_operator.render.revision import KafkaRevision
from penstock_worker import settings
from penstock_worker.__main__ import parse_arguments
from penstock_worker.prepare.run import DEADLINE_SECONDS
from penstock_worker.run import START_SECONDS
from penstock_worker.secrets import referenced_secrets
from support.custom_resources.documents import ROOT
from support.rendering import rendered, revision_of, worker_pod

KAFKA: dict[str, Any] = {
    "tls": {
        "trust": "Secret",
        "ca": {"secretName": "kafka-ca", "key": "ca.crt"},
        "certificate": {"secretName": "user", "key": "user.crt"},
        "key": {"secretName": "user", "key": "user.key"},
    },
    "sasl": {
        "mechanism": "ScramSha512",
        "username": {"secretName": "user", "key": "name"},
        "password": {"secretName": "user", "key": "password"},
    },
}


def container(kind: str) -> dict[str, Any]:
    (only,) = rendered(kind, {"kafka": KAFKA})["spec"]["template"]["spec"]["containers"]
    return dict(only)


def projected_files() -> set[str]:
    (projected,) = (
        volume["projected"] for volume in worker_pod({"kafka": KAFKA})["spec"]["volumes"] if "projected" in volume
    )
    return {item["path"] for source in projected["sources"] for part in source.values() for item in part["items"]}


@pytest.mark.parametrize(("kind", "command"), [("Deployment", "run"), ("Job", "prepare")])
def test_pods_start_a_program_and_a_command_that_exist(kind: str, command: str) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    rendered_container = container(kind)

    assert rendered_container["command"][0] in scripts
    assert parse_arguments(rendered_container["args"]).command == command


def test_files_are_where_the_worker_looks_by_itself() -> None:
    revision: KafkaRevision = revision_of({"kafka": KAFKA})
    read = settings.KafkaSettings.model_validate_json(revision.data["kafka.json"])
    secrets_dir = settings.DEFAULT_SECRETS_DIR.relative_to(settings.DEFAULT_CONFIG_DIR)

    assert settings.DEFAULT_CONFIG_DIR.as_posix() == volumes.SETTINGS_PATH
    assert projected_files() == {"kafka.json", "worker.json"} | {
        (secrets_dir / key.secret_name / key.key).as_posix() for key in referenced_secrets(read)
    }


def test_the_kubelet_waits_longer_for_a_start_than_the_worker_does() -> None:
    """So a worker that cannot reach the brokers ends by itself, with its reason."""
    probe = container("Deployment")["startupProbe"]

    assert probe["periodSeconds"] * probe["failureThreshold"] > START_SECONDS


def test_the_pre_flight_ends_before_its_job_is_ended() -> None:
    assert ACTIVE_DEADLINE_SECONDS > DEADLINE_SECONDS
