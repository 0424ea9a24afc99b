"""The same verdict as the API server's on what is no value of its type, and on what nobody knows."""

from typing import Any

import pytest
from pydantic import ValidationError

from penstock_operator.api.metadata import Metadata
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.files.suggestions import format_path
from support.custom_resources.documents import first_document, merged, with_spec


def refused_paths(document: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        ModelDeployment.model_validate(document)
    return [format_path(error["loc"]) for error in refused.value.errors()]


@pytest.mark.parametrize("port", ["8080", 8080.0, True, 0, 65536, [8080]])
def test_a_number_is_a_whole_number_within_its_limits(port: object) -> None:
    assert refused_paths(with_spec({"model": {"port": port}})) == ["spec.model.port"]


@pytest.mark.parametrize("paused", ["true", 1, "yes"])
def test_a_boolean_is_true_or_false(paused: object) -> None:
    assert refused_paths(with_spec({"paused": paused})) == ["spec.paused"]


@pytest.mark.parametrize("version", [1.4, 1, True])
def test_text_is_text(version: object) -> None:
    assert refused_paths(with_spec({"model": {"version": version}})) == ["spec.model.version"]


@pytest.mark.parametrize("field", ["tls", "sasl", "consumerGroup", "createTopics", "bootstrapServers", "startFrom"])
def test_null_is_no_value(field: str) -> None:
    """An emptied `tls:` block must not mean plaintext."""
    document = first_document()
    document["spec"]["kafka"][field] = None

    assert refused_paths(document) == [f"spec.kafka.{field}"]


def test_only_the_names_of_the_wire_are_known() -> None:
    document = with_spec({"kafka": {"bootstrap_servers": ["kafka:9092"], "bootstrapServers": None}})

    assert set(refused_paths(document)) == {"spec.kafka.bootstrap_servers", "spec.kafka.bootstrapServers"}


def test_a_secret_is_named_never_written_out() -> None:
    document = with_spec({"kafka": {"tls": {"trust": "System"}, "sasl": {"mechanism": "Plain", "password": "hunter2"}}})

    assert "spec.kafka.sasl.password" in refused_paths(document)


def test_a_secret_cannot_be_taken_from_another_namespace() -> None:
    ca = {"secretName": "kafka-ca", "key": "ca.crt", "namespace": "kafka"}

    assert refused_paths(with_spec({"kafka": {"tls": {"trust": "Secret", "ca": ca}}})) == [
        "spec.kafka.tls.ca.namespace"
    ]


@pytest.mark.parametrize("key", [".", "..", "..data", "a/b", ""])
def test_a_key_of_a_secret_is_a_file_name_that_cannot_leave_its_folder(key: str) -> None:
    ca = {"secretName": "kafka-ca", "key": key}

    assert refused_paths(with_spec({"kafka": {"tls": {"trust": "Secret", "ca": ca}}})) == ["spec.kafka.tls.ca.key"]


@pytest.mark.parametrize(
    "servers",
    [
        ["kafka"],
        ["kafka:"],
        ["kafka:0"],
        ["kafka:65536"],
        ["SSL://kafka:9092"],
        ["localhost: 9092"],
        [],
        ["a:1", "a:1"],
    ],
)
def test_brokers_are_hosts_with_ports_each_once(servers: list[str]) -> None:
    assert refused_paths(with_spec({"kafka": {"bootstrapServers": servers}}))[0].startswith(
        "spec.kafka.bootstrapServers"
    )


@pytest.mark.parametrize(
    "servers", [["10.0.0.1:9092"], ["[2001:db8::1]:9092"], ["kafka_1:9092", "kafka-2.kafka.svc:65535"]]
)
def test_brokers_may_be_names_and_addresses(servers: list[str]) -> None:
    deployment = ModelDeployment.model_validate(with_spec({"kafka": {"bootstrapServers": servers}}))

    assert list(deployment.spec.kafka.bootstrap_servers) == servers


@pytest.mark.parametrize(
    "url", ["models.example", "ftp://m", "https://user:secret@m/x", "https://m/x?key=secret", "https://m:0"]
)
def test_a_url_holds_no_credentials_and_no_query(url: str) -> None:
    document = with_spec({"model": {"image": None, "url": url, "version": "1"}})

    assert refused_paths(document) == ["spec.model.url"]


@pytest.mark.parametrize("topic", ["", ".", "..", "a b", "a" * 250, "ä"])
def test_a_topic_has_a_name_that_kafka_takes(topic: str) -> None:
    assert "spec.kafka.topics.input" in refused_paths(with_spec({"kafka": {"topics": {"input": topic}}}))


def test_volumes_never_come_from_the_node() -> None:
    volume = {"name": "v", "hostPath": {"path": "/"}}

    assert "spec.model.volumes[0].hostPath" in refused_paths(with_spec({"model": {"volumes": [volume]}}))


def test_a_quantity_may_be_a_number_as_in_kubernetes() -> None:
    resources = {"limits": {"cpu": 2, "memory": "2Gi"}}
    deployment = ModelDeployment.model_validate(with_spec({"model": {"resources": resources}}))

    assert deployment.spec.model.resources.limits == {"cpu": "2", "memory": "2Gi"}


@pytest.mark.parametrize("quantity", [-1, True, 1.5, "-1", "1 Gi", "much", ""])
def test_a_quantity_is_not_negative_and_has_a_unit_that_kubernetes_knows(quantity: object) -> None:
    document = with_spec({"model": {"resources": {"limits": {"cpu": quantity}}}})

    assert refused_paths(document) == ["spec.model.resources.limits.cpu"]


def test_entries_of_a_list_with_a_key_are_there_once() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}, {"name": "A", "value": "2"}]

    assert refused_paths(with_spec({"model": {"env": env}})) == ["spec.model.env[2].name"]


def test_a_resource_cannot_be_changed_once_read() -> None:
    deployment = ModelDeployment.model_validate(first_document())

    with pytest.raises(ValidationError):
        deployment.spec.paused = True  # type: ignore[misc]


def test_what_kubernetes_keeps_about_a_resource_is_read_or_passed_over() -> None:
    """As `kubectl get -o yaml` prints it."""
    metadata = {
        "uid": "5f3a9c0d",
        "generation": 3,
        "creationTimestamp": None,
        "managedFields": [{"manager": "kubectl"}],
        "ownerReferences": [],
        "finalizers": [],
    }
    status = {"conditions": [], "phaseOfANewerOperator": "x", "observedGeneration": 3}
    deployment = ModelDeployment.model_validate(merged(first_document(), {"metadata": metadata, "status": status}))

    assert (deployment.metadata.uid, deployment.metadata.generation) == ("5f3a9c0d", 3)
    assert deployment.status.observed_generation == 3


def test_a_misspelt_field_of_metadata_is_no_field_that_kubernetes_keeps() -> None:
    with pytest.raises(ValidationError):
        Metadata.model_validate({"name": "fraud", "namspace": "payments"})
