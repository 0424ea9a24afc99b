"""Which model the local run asks, and what it starts for that."""

from typing import Any

import pytest

from penstock.failures import Failed
from penstock.local_settings import with_embedded_broker, with_local_topics, with_model
from penstock.model_choice import ModelChoice, choose_model
from penstock.run_options import ModelOptions
from penstock_operator.api.v1alpha1 import ModelDeployment
from support.penstock_command import deployment

NOTHING_INSTALLED: dict[str, str] = {}
PODMAN = {"podman": "/usr/bin/podman"}


def choose(model: dict[str, Any], installed: dict[str, str] = NOTHING_INSTALLED, **options: Any) -> ModelChoice:
    document = deployment("fraud")
    document["spec"]["model"] = model
    parsed = ModelDeployment.model_validate(document)
    return choose_model(parsed, ModelOptions(**options), namespace="default", find_program=installed.get)


IMAGE = {"image": "registry.example/fraud:1"}


def test_a_command_is_run_by_the_shell_and_finds_its_port_in_the_environment() -> None:
    choice = choose(IMAGE, command="python serve.py")
    assert choice.url == "http://127.0.0.1:8080/predict"
    assert not choice.external
    assert choice.program is not None
    assert choice.program.command == ["/bin/sh", "-c", "python serve.py"]
    assert choice.program.environment == {"PORT": "8080"}
    assert choice.program.startup_seconds == 600


def test_port_and_path_of_the_file_are_kept_unless_another_port_is_asked_for() -> None:
    model = {**IMAGE, "port": 9100, "path": "/v2/score"}
    assert choose(model, command="x").url == "http://127.0.0.1:9100/v2/score"
    assert choose(model, command="x", port=9200).url == "http://127.0.0.1:9200/v2/score"


def test_a_url_is_somebody_elses_model() -> None:
    choice = choose(IMAGE, url="http://models.example:9000/score")
    assert choice == ModelChoice("http://models.example:9000/score", external=True)


@pytest.mark.parametrize("url", ["http://models.example:9000", "http://models.example:9000/"])
def test_a_bare_url_gets_the_path_of_the_protocol(url: str) -> None:
    assert choose({**IMAGE, "path": "/score"}, url=url).url == "http://models.example:9000/score"


def test_an_external_model_of_the_file_is_asked_where_it_is() -> None:
    choice = choose({"url": "https://models.example/score", "version": "1"})
    assert choice == ModelChoice("https://models.example/score", external=True)


def test_a_command_replaces_an_external_model_on_its_path() -> None:
    assert (
        choose({"url": "https://models.example/score", "version": "1"}, command="x").url
        == "http://127.0.0.1:8080/score"
    )


def test_an_image_is_run_by_whatever_is_installed() -> None:
    choice = choose({**IMAGE, "port": 9000}, PODMAN, port=9001)
    assert choice.program is not None
    assert choice.program.command[:2] == ["podman", "run"]
    assert "127.0.0.1:9001:9000" in choice.program.command
    assert choice.url == "http://127.0.0.1:9001/predict"


def test_an_image_with_nothing_to_run_it_names_the_ways_out() -> None:
    with pytest.raises(Failed, match=r"neither docker nor podman .*--model-command") as failure:
        choose(IMAGE)
    assert failure.value.exit_code == 2


def test_an_embedded_model_says_that_it_is_not_run_yet() -> None:
    with pytest.raises(Failed, match=r"spec\.model\.entrypoint: .*no Embedded models"):
        choose({**IMAGE, "entrypoint": "fraud.model:predict"})


def test_kubernetes_command_args_env_and_user_become_those_of_the_container() -> None:
    model = {
        **IMAGE,
        "command": ["serve", "--fast"],
        "args": ["--port", "8080"],
        "env": [{"name": "MODE", "value": "a b"}, {"name": "EMPTY"}],
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {"runAsUser": 1000, "runAsGroup": 2000},
    }
    program = choose(model, PODMAN).program
    assert program is not None
    line = list(program.command)
    assert line[line.index("--entrypoint") + 1] == "serve"
    assert line[line.index("registry.example/fraud:1") :] == ["registry.example/fraud:1", "--fast", "--port", "8080"]
    assert line[line.index("--user") + 1] == "1000:2000"
    assert line[line.index("--pull") + 1] == "missing"
    assert [line[at + 1] for at, word in enumerate(line) if word == "--env"] == ["MODE=a b", "EMPTY="]
    assert "--read-only" in line


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("envFrom", [{"secretRef": {"name": "s"}}]),
        ("env", [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]),
        ("volumeMounts", [{"name": "models", "mountPath": "/models"}]),
    ],
)
def test_what_only_a_cluster_has_is_refused_by_name(field: str, value: object) -> None:
    volumes = {"volumes": [{"name": "models", "emptyDir": {}}]} if field == "volumeMounts" else {}
    with pytest.raises(Failed, match=rf"spec\.model\.{field}.*only a cluster"):
        choose({**IMAGE, field: value, **volumes}, PODMAN)


def test_topics_are_created_with_the_input_only_where_the_file_creates_topics() -> None:
    assert with_local_topics({"createTopics": {"partitions": 3}}) == {
        "createTopics": {"partitions": 3, "includeInput": True}
    }
    assert with_local_topics({"topics": {}}) == {"topics": {}}


def test_the_embedded_broker_knows_neither_tls_nor_users() -> None:
    kafka = {"bootstrapServers": ["kafka:9093"], "tls": {"trust": "System"}, "sasl": {}, "consumerGroup": "g"}
    assert with_embedded_broker(kafka, "127.0.0.1:1") == {
        "bootstrapServers": ["127.0.0.1:1"],
        "consumerGroup": "g",
        "tryingOnly": True,
    }


def test_a_model_started_here_is_external_no_more() -> None:
    worker = {"model": {"name": "m", "url": "https://x/score", "external": True}, "delivery": {}}
    assert with_model(worker, "http://127.0.0.1:1/score", external=False) == {
        "model": {"name": "m", "url": "http://127.0.0.1:1/score"},
        "delivery": {},
    }
