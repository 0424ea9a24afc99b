"""The check of the served CustomResourceDefinition."""

import copy
from typing import Any

import pytest

from penstock_operator.cluster.crd_check import missing_fields, remedy
from support.custom_resources.definition import root_schema


@pytest.fixture
def served() -> Any:
    return copy.deepcopy(root_schema())


def test_the_definition_of_this_version_has_everything(served: Any) -> None:
    assert missing_fields(served) == []


def test_an_older_definition_lacks_fields_by_path(served: Any) -> None:
    del served["properties"]["spec"]["properties"]["kafka"]["properties"]["startFrom"]
    del served["properties"]["status"]["properties"]["conditions"]["items"]["properties"]["observedGeneration"]
    assert missing_fields(served) == ["spec.kafka.startFrom", "status.conditions[].observedGeneration"]


def test_an_object_that_lacks_as_a_whole_is_named_once(served: Any) -> None:
    del served["properties"]["spec"]["properties"]["scaling"]
    assert missing_fields(served) == ["spec.scaling"]


def test_a_newer_definition_has_more_and_that_is_well(served: Any) -> None:
    served["properties"]["spec"]["properties"]["later"] = {"type": "string"}
    assert missing_fields(served) == []


def test_an_object_without_a_schema_keeps_everything(served: Any) -> None:
    served["properties"]["status"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert missing_fields(served) == []


@pytest.mark.parametrize("missing", [None, ["spec.a"], [f"spec.{letter}" for letter in "abcdefgh"]])
def test_the_remedy_names_the_command(missing: list[str] | None) -> None:
    said = remedy(missing)
    assert "kubectl apply --server-side -f" in said
    assert len(said) < 400
