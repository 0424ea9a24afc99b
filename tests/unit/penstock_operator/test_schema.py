"""The schema that users and the API server see: bounded and explained everywhere, nothing nullable, no floats."""

from collections.abc import Iterator
from typing import Any

import pytest

from penstock_operator.api.base import WireSchema
from penstock_operator.api.status import Status
from penstock_operator.api.v1alpha1 import ModelDeployment, ModelDeploymentSpec

Schema = dict[str, Any]


def schema_of(model: type[ModelDeploymentSpec] | type[Status] | type[ModelDeployment]) -> Schema:
    return model.model_json_schema(schema_generator=WireSchema)


def nodes(schema: Schema, definitions: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Every place of a document, references followed, with its path."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]] | {k: v for k, v in schema.items() if k != "$ref"}
    yield path, schema
    for name, value in schema.get("properties", {}).items():
        yield from nodes(value, definitions, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], definitions, f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from nodes(schema["additionalProperties"], definitions, f"{path}{{}}")


def all_nodes(model: type[ModelDeploymentSpec] | type[Status], path: str) -> list[tuple[str, Schema]]:
    schema = schema_of(model)
    return list(nodes(schema, schema["$defs"], path))


NODES = [*all_nodes(ModelDeploymentSpec, "spec"), *all_nodes(Status, "status")]


def test_the_walk_sees_the_whole_resource() -> None:
    paths = {path for path, _ in NODES}

    assert {"spec.kafka.tls.keyPassword.secretName", "spec.worker.template.affinity.nodeAffinity"} <= paths
    assert {"spec.model.env[].valueFrom.secretKeyRef.key", "status.conditions[].type"} <= paths
    assert len(paths) > 500


def test_every_place_has_one_type_and_none_is_a_float_or_null() -> None:
    for path, node in NODES:
        if not node.get("x-kubernetes-int-or-string"):
            assert node.get("type") in ("object", "array", "string", "integer", "boolean"), path
        assert not {"anyOf", "oneOf", "allOf", "prefixItems", "propertyNames"} & node.keys(), path


def test_everything_is_bounded() -> None:
    for path, node in NODES:
        for limits in unbounded(path, node):
            pytest.fail(f"{path} has no {limits}")


def unbounded(path: str, node: Schema) -> Iterator[str]:
    kind = node.get("type")
    if (kind == "string" or "x-kubernetes-int-or-string" in node) and not {"enum", "const"} & node.keys():
        yield from {"maxLength"} - node.keys()
    if kind == "array":
        yield from {"maxItems"} - node.keys()
    if kind == "object" and isinstance(node.get("additionalProperties"), dict):
        yield from {"maxProperties"} - node.keys()
    if kind == "integer":
        # What Kubernetes and Kafka count in a status has no limit of ours.
        yield from ({"minimum"} if path.startswith("status") else {"minimum", "maximum"}) - node.keys()


def test_objects_take_no_unknown_keys_but_in_status() -> None:
    """A status from a newer operator must not keep an older one from reading the resource."""
    for path, node in NODES:
        if "properties" in node:
            assert (node.get("additionalProperties") is False) == (not path.startswith("status")), path


def test_every_description_begins_with_the_name_of_its_field() -> None:
    for path, node in NODES:
        for name, value in node.get("properties", {}).items():
            words = value.get("description", "")
            assert words.startswith((f"{name} ", f"{name}, ")), f"{path}.{name}: {words}"
            assert words.endswith("."), f"{path}.{name}: {words}"


# Their absence means something, so the API server must not fill them in.
MEANINGFUL_WHEN_ABSENT = {"tls", "schemaRegistry", "createTopics", "predictionLog", "prepare"}
ONE_OF_SEVERAL = {"httpGet", "configMap", "secret", "persistentVolumeClaim"}
ONE_OF_SEVERAL_SOURCES = {"configMapKeyRef", "secretKeyRef", "configMapRef", "secretRef"}


def test_an_object_with_defaults_in_it_has_a_default_itself_unless_its_absence_means_something() -> None:
    """Otherwise the API server would not fill in the defaults below it."""
    without_default = {
        name
        for path, node in NODES
        for name, value in node.get("properties", {}).items()
        if name not in node.get("required", []) and "default" not in value and has_defaults(f"{path}.{name}")
    }

    assert without_default <= MEANINGFUL_WHEN_ABSENT | ONE_OF_SEVERAL | ONE_OF_SEVERAL_SOURCES


def has_defaults(path: str) -> bool:
    return any(below.rpartition(".")[0] == path and "default" in node for below, node in NODES)


def test_defaults_are_those_of_the_first_version_and_never_change_within_it() -> None:
    """Changing one of these changes what runs for everybody who left it out: that needs a new version."""
    defaults = {path: node["default"] for path, node in NODES if "default" in node and node["default"] != {}}
    delivery = {path.removeprefix("spec."): value for path, value in defaults.items() if "delivery" in path}
    scaling = {path.removeprefix("spec.scaling."): value for path, value in defaults.items() if "scaling." in path}

    assert delivery == {
        "delivery.guarantee": "AtLeastOnce",
        "delivery.ordering": "Key",
        "delivery.concurrency": 64,
        "delivery.maxInFlightBytes": 67108864,
        "delivery.batch.maxRecords": 1,
        "delivery.batch.maxDelayMilliseconds": 5,
        "delivery.timeoutSeconds": 30,
        "delivery.retry.maxAttempts": 8,
        "delivery.retry.maxElapsedSeconds": 300,
        "delivery.outputValue": "Response",
        "delivery.errorValue": "Response",
    }
    assert scaling == {
        "mode": "Lag",
        "minReplicas": 1,
        "maxReplicas": 10,
        "lagThreshold": 2000,
        "pollingIntervalSeconds": 15,
        "cooldownPeriodSeconds": 300,
        "behavior.scaleUp.stabilizationWindowSeconds": 30,
        "behavior.scaleUp.selectPolicy": "Max",
        "behavior.scaleUp.policies": [
            {"type": "Percent", "value": 100, "periodSeconds": 60},
            {"type": "Pods", "value": 4, "periodSeconds": 60},
        ],
        "behavior.scaleDown.stabilizationWindowSeconds": 300,
        "behavior.scaleDown.selectPolicy": "Max",
        "behavior.scaleDown.policies": [{"type": "Percent", "value": 25, "periodSeconds": 60}],
    }


def test_conditions_come_first_in_status() -> None:
    assert next(iter(schema_of(Status)["properties"])) == "conditions"


def test_no_field_of_a_pod_can_reach_the_node_or_loosen_its_security() -> None:
    forbidden = {"hostPath", "hostNetwork", "hostPID", "hostIPC", "privileged", "capabilities", "hostPort", "lifecycle"}
    names = {path.rpartition(".")[2] for path, _ in NODES}

    assert names & forbidden == set()
