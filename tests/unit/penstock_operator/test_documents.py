"""What a user reads when a file is wrong: file, document, field, rule, remedy; and never a secret or a traceback."""

import base64
import json

import pytest
import yaml

from penstock_operator.files.documents import MAX_PROBLEMS, Documents, DocumentsRefused, read_documents
from support.custom_resources.documents import Document, first_document, merged, with_spec

FILE = "modeldeployment.yaml"


def read(*documents: Document) -> Documents:
    return read_documents(yaml.safe_dump_all(documents), file=FILE)


def refusal(*documents: Document) -> list[str]:
    return refusal_of(yaml.safe_dump_all(documents))


def refusal_of(text: str) -> list[str]:
    with pytest.raises(DocumentsRefused) as refused:
        read_documents(text, file=FILE)
    return str(refused.value).splitlines()


def problem(patch: Document) -> str:
    (line,) = refusal(with_spec(patch))
    return line.removeprefix(f"{FILE}: document 1: ")


def secret(**parts: object) -> Document:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "fraud-user"}, **parts}


def test_a_file_holds_model_deployments_secrets_and_what_is_not_ours() -> None:
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}
    documents = read(first_document(), secret(stringData={"username": "fraud"}), config_map)

    assert [deployment.metadata.name for deployment in documents.model_deployments] == ["fraud"]
    assert [(read.name, read.values) for read in documents.secrets] == [("fraud-user", {"username": b"fraud"})]
    assert documents.ignored == ("ConfigMap/other",)


def test_json_is_read_as_well() -> None:
    text = json.dumps(first_document(), indent="\t")

    assert len(read_documents(text, file="modeldeployment.json").model_deployments) == 1


def test_a_list_as_kubectl_prints_it_is_its_items() -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [first_document(), secret()]}

    assert len(read(listed).model_deployments) == len(read(listed).secrets) == 1


def test_a_broken_rule_is_told_with_file_document_and_field() -> None:
    same_topic = with_spec({"kafka": {"topics": {"output": "transactions"}}})

    assert refusal(secret(), same_topic) == [
        "modeldeployment.yaml: document 2: spec.kafka.topics.output: must differ from spec.kafka.topics.input; "
        "give the output a topic of its own"
    ]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    lines = refusal(with_spec({"paused": "no", "model": {"port": 0}}), with_spec({"worker": {"logLevel": "info"}}))

    assert [line.partition(" must ")[0] for line in lines] == [
        "modeldeployment.yaml: document 1: spec.paused:",
        "modeldeployment.yaml: document 1: spec.model.port:",
        "modeldeployment.yaml: document 2: spec.worker.logLevel:",
    ]


def test_more_problems_than_a_screen_holds_are_counted() -> None:
    lines = refusal(with_spec({"model": {"env": [{"name": "A", "value": 1, "from": 2}] * 20}}))

    assert len(lines) == MAX_PROBLEMS + 1
    assert lines[-1] == "and 20 more problems"


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({"model": {"version": 1.4}}, "spec.model.version: must be text; put it in quotes"),
        ({"model": {"port": "8080"}}, "spec.model.port: must be a whole number; write it without quotes"),
        ({"model": {"port": 8080.5}}, "spec.model.port: must be a whole number"),
        ({"paused": "true"}, "spec.paused: must be true or false; write it without quotes"),
        ({"model": {"args": "--fast"}}, "spec.model.args: must be a list"),
        ({"model": {"args": {"a": 1}}}, "spec.model.args: must be a list"),
        ({"worker": []}, "spec.worker: must be a mapping of fields"),
        ({"model": {"template": {"labels": ["a"]}}}, "spec.model.template.labels: must be a mapping of fields"),
        ({"model": {"port": 70000}}, "spec.model.port: must be at most 65535"),
        ({"delivery": {"concurrency": 0}}, "spec.delivery.concurrency: must be at least 1"),
        ({"kafka": {"bootstrapServers": []}}, "spec.kafka.bootstrapServers: must have at least 1 entry"),
        ({"model": {"name": "x" * 129}}, "spec.model.name: must have at most 128 characters"),
        (
            {"kafka": {"bootstrapServers": ["kafka"]}},
            "spec.kafka.bootstrapServers[0]: must be host:port, for example kafka-0.kafka:9093",
        ),
        (
            {"model": {"placement": "sidecar"}},
            "spec.model.placement: must be Sidecar, Service, External or Embedded; did you mean Sidecar?",
        ),
        ({"delivery": {"ordering": 7}}, "spec.delivery.ordering: must be Key, Partition or None"),
        (
            {"model": {"env": [{"name": "A"}, {"name": "A"}]}},
            "spec.model.env[1].name: is given twice; remove one or change it",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_told_what_fits(patch: Document, message: str) -> None:
    assert problem(patch) == message


def test_a_key_without_a_value_is_told_apart_from_one_with_a_wrong_value() -> None:
    document = first_document()
    document["spec"]["kafka"] |= {"tls": None, "startFrom": None}

    assert refusal(document) == [
        f"{FILE}: document 1: spec.kafka.startFrom: has no value; give Latest or Earliest, or leave the key out",
        f"{FILE}: document 1: spec.kafka.tls: has no value; give a mapping of fields, or leave the key out",
    ]


def test_text_that_no_file_can_hold_is_refused() -> None:
    """JSON can write half a character, which could not be rendered into settings."""
    text = json.dumps(with_spec({"model": {"args": ["half"]}})).replace("half", r"\ud800")

    assert refusal_of(text) == [f"{FILE}: document 1: spec.model.args[0]: must be text that UTF-8 can hold"]


def test_a_required_field_is_asked_for() -> None:
    document = first_document()
    del document["spec"]["kafka"]["topics"]["input"], document["metadata"]["name"]

    assert refusal(document) == [
        f"{FILE}: document 1: metadata.name: is required",
        f"{FILE}: document 1: spec.kafka.topics.input: is required",
    ]


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({"kafka": {"topic": {}}}, "spec.kafka.topic: is not a known field; did you mean topics?"),
        ({"kafka": {"bootstrap_servers": []}},
         "spec.kafka.bootstrap_servers: is not a known field; did you mean bootstrapServers?"),
        ({"topics": {}}, "spec.topics: is not a known field; did you mean spec.kafka.topics?"),
        ({"model": {"volumes": [{"name": "v", "emptyDir": {"sizelimit": "1Gi"}}]}},
         "spec.model.volumes[0].emptyDir.sizelimit: is not a known field; did you mean sizeLimit?"),
        ({"delivery": {"batch": {"zzz": 1}}},
         "spec.delivery.batch.zzz: is not a known field; known here are maxRecords, maxDelayMilliseconds"),
        ({"kafka": {"consumerConfig": {"fetch.min.byte": 1}}},
         'spec.kafka.consumerConfig["fetch.min.byte"]: is not among the keys that can be tuned; '
         "did you mean fetch.min.bytes?"),
        ({"kafka": {"consumerConfig": {"group.id": "g"}}},
         'spec.kafka.consumerConfig["group.id"]: cannot be set here; spec.kafka.consumerGroup decides it'),
        ({"kafka": {"producerConfig": {"sasl.password": "hunter2"}}},
         'spec.kafka.producerConfig["sasl.password"]: cannot be set here; spec.kafka.sasl decides it'),
        ({"kafka": {"producerConfig": {"acks": 1}}},
         "spec.kafka.producerConfig.acks: is not among the keys that can be tuned; remove it: Penstock decides it, or "
         "it has no effect"),
    ],
)  # fmt: skip
def test_an_unknown_field_is_told_the_one_that_was_probably_meant(patch: Document, message: str) -> None:
    assert problem(patch) == message


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"kind": "ModelDeployment"}, "apiVersion: is required"),
        ({"apiVersion": "serving.penstock.dev/v1", "kind": "ModelDeployment"},
         "apiVersion: must be serving.penstock.dev/v1alpha1"),
        ({"apiVersion": "serving.penstock.dev/v1alpha1", "kind": "ModelDeploymnet"}, "kind: must be ModelDeployment"),
        ({"apiVersion": "v1"}, "kind: is required"),
        ({"apiVersion": "apps/v1", "kind": "Secret", "metadata": {"name": "s"}}, "apiVersion: must be v1"),
    ],
)  # fmt: skip
def test_a_document_that_nobody_serves_is_told_what_is_served(document: Document, message: str) -> None:
    assert f"{FILE}: document 1: {message}" in refusal(document)


def test_a_document_that_is_no_object_is_told_so() -> None:
    assert refusal_of("--- \n- a\n- b\n") == [
        f"{FILE}: document 1: must be a mapping that begins with apiVersion and kind"
    ]


def test_documents_are_counted_as_the_separators_count_them() -> None:
    text = "# a comment\n---\n---\n" + yaml.safe_dump(with_spec({"paused": 1}))

    assert refusal_of(text)[0].startswith(f"{FILE}: document 2: spec.paused")


def test_the_same_name_twice_is_a_mistake() -> None:
    assert refusal(first_document(), secret(), first_document(), secret()) == [
        f"{FILE}: ModelDeployment fraud is given twice",
        f"{FILE}: Secret fraud-user is given twice",
    ]


def test_the_same_name_in_two_namespaces_is_none() -> None:
    other = merged(first_document(), {"metadata": {"namespace": "other"}})

    assert len(read(first_document(), other).model_deployments) == 2


def test_secrets_are_decoded_and_text_replaces_base64_under_the_same_key() -> None:
    encoded = base64.b64encode(b"\x00\xff").decode()
    (found,) = read(secret(data={"a": encoded, "b": encoded}, stringData={"b": "ü"}, type="Opaque")).secrets

    assert found.values == {"a": b"\x00\xff", "b": "ü".encode()}


def test_base64_may_be_folded_over_lines() -> None:
    folded = base64.encodebytes(b"x" * 200).decode()

    assert read(secret(data={"a": folded})).secrets[0].values == {"a": b"x" * 200}


def test_a_value_of_a_secret_that_is_no_base64_is_refused_without_showing_it() -> None:
    lines = refusal(secret(data={"password": "hunter2!"}))

    assert lines == [f"{FILE}: document 1: data.password: must be base64; text as it is goes under stringData"]


@pytest.mark.parametrize(
    "document",
    [
        secret(data={"password": "hunter2!"}),
        secret(stringData={"password": 4711}),
        secret(password="hunter2"),
        with_spec({"kafka": {"sasl": {"mechanism": "hunter2", "password": "hunter2", "user": "hunter2"}}}),
        with_spec({"kafka": {"consumerConfig": {"sasl.password": "hunter2"}}}),
        with_spec({"model": {"env": [{"name": "TOKEN", "value": {"secret": "hunter2"}}]}}),
    ],
)
def test_no_message_shows_what_may_be_a_secret(document: Document) -> None:
    lines = "\n".join(refusal(document))

    assert "hunter2" not in lines
    assert "4711" not in lines


def test_a_secret_does_not_show_its_values_when_printed() -> None:
    documents = read(secret(stringData={"password": "hunter2"}))

    assert "hunter2" not in repr(documents)
