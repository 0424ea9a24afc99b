"""The CustomResourceDefinition that is shipped: structural, bounded, small, and what the models say."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from penstock_operator.api.base import ApiModel
from penstock_operator.api.v1alpha1 import API_VERSION, KIND, ModelDeployment
from support.custom_resources.definition import FILE, definition, places, root_schema, version
from support.custom_resources.documents import ROOT

GENERATOR = ROOT / "scripts" / "generate_crd.py"

PLACES = dict(places(root_schema()))
OURS = {path: node for path, node in PLACES.items() if path.startswith((".spec", ".status"))}


def generate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, GENERATOR, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_it_is_what_the_models_say_now() -> None:
    ended = generate("--check")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_one_that_was_edited_by_hand_is_named_and_mended(tmp_path: Path) -> None:
    edited = tmp_path / FILE.name
    edited.write_text(FILE.read_text().replace("default: 2000", "default: 2001"))

    ended = generate("--check", "--folder", tmp_path)

    assert (ended.returncode, ended.stderr.partition(":")[0]) == (1, str(edited))
    assert generate("--folder", tmp_path).returncode == 0
    assert edited.read_text() == FILE.read_text()


def test_client_side_apply_can_keep_it_in_an_annotation() -> None:
    """Kubernetes holds at most 262,144 bytes of annotations; half as much again leaves room for the version to grow."""
    assert len(FILE.read_bytes()) <= 200 * 1024
    assert len(json.dumps(definition(), separators=(",", ":")).encode()) <= 262_144 / 2


def test_it_names_the_resource_as_the_models_do() -> None:
    spec = definition()["spec"]

    assert f"{spec['group']}/{version()['name']}" == API_VERSION
    assert (spec["names"]["kind"], spec["names"]["shortNames"], spec["scope"]) == (KIND, ["mdep"], "Namespaced")
    assert definition()["metadata"]["name"] == f"{spec['names']['plural']}.{spec['group']}"
    assert version()["subresources"] == {"status": {}}


def test_no_place_has_what_a_structural_schema_must_not_have() -> None:
    unknown = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "not", "const", "nullable", "title", "propertyNames"}

    for path, node in PLACES.items():
        assert not unknown & node.keys(), path
        assert not ({"properties", "additionalProperties"} <= node.keys()), path
        if not node.get("x-kubernetes-int-or-string"):
            assert node["type"] in ("object", "array", "string", "integer", "boolean"), path


def test_every_place_is_bounded() -> None:
    for path, node in OURS.items():
        needed = bounds_of(node)
        assert needed <= node.keys(), path


def bounds_of(node: Mapping[str, Any]) -> set[str]:
    if node.get("x-kubernetes-int-or-string"):
        return {"maxLength"}
    if "enum" in node:
        return set()
    limits = {"string": {"maxLength"}, "array": {"maxItems", "x-kubernetes-list-type"}, "integer": {"minimum"}}
    found = limits.get(node["type"], set())
    return found | ({"maxProperties"} if "additionalProperties" in node else set())


def test_every_field_is_explained() -> None:
    for path, node in PLACES.items():
        if not path.endswith(("[]", "{}")) and path != ".metadata":
            assert node.get("description", "").endswith("."), path


def test_only_kubernetes_says_what_metadata_holds() -> None:
    """The API server refuses a definition that says more."""
    assert PLACES[".metadata"] == {"type": "object"}


def test_a_resource_without_a_status_is_given_none() -> None:
    assert "default" not in PLACES[".status"]


def fields_of(model: type[ApiModel], path: str = "") -> Iterator[tuple[str, bool, int]]:
    """Every field of the models with its path, whether it must be given, and the number of rules on its object."""
    for field in model.model_fields.values():
        name = f"{path}.{field.alias}"
        yield name, field.is_required(), 0
        yield from objects_in(field.annotation, name)


def objects_in(annotation: Any, path: str) -> Iterator[tuple[str, bool, int]]:
    if isinstance(annotation, type) and issubclass(annotation, ApiModel):
        yield path, False, len(annotation.rules)
        yield from fields_of(annotation, path)
        return
    suffix = {tuple: "[]", Mapping: "{}"}.get(get_origin(annotation), "")
    for part in get_args(annotation):
        yield from objects_in(part, path + suffix)


def test_its_fields_are_those_of_the_models() -> None:
    fields = {path for path, _, _ in fields_of(ModelDeployment) if path.startswith((".spec", ".status"))}

    assert {path for path in OURS if not path.endswith("{}") and not is_plain_entry(path)} == fields
    assert len(fields) > 400


def is_plain_entry(path: str) -> bool:
    return path.endswith("[]") and "properties" not in OURS[path]


def test_what_the_models_require_is_required() -> None:
    required = {path for path, must, _ in fields_of(ModelDeployment) if must and path.startswith((".spec.", ".status"))}

    assert {f"{path}.{name}" for path, node in OURS.items() for name in node.get("required", [])} == required
    assert root_schema()["required"] == ["spec"]


def test_every_rule_of_the_models_is_there_where_its_object_is() -> None:
    rules = {path: count for path, _, count in fields_of(ModelDeployment) if count}
    validations = {path: len(node.get("x-kubernetes-validations", ())) for path, node in PLACES.items()}

    assert {path: count for path, count in validations.items() if count} == rules | {"": len(ModelDeployment.rules)}
    assert sum(rules.values()) > 40


@pytest.mark.parametrize("column", version()["additionalPrinterColumns"], ids=lambda column: str(column["name"]))
def test_every_column_shows_a_field_that_exists(column: dict[str, Any]) -> None:
    path = re.sub(r"\[\?\(@\.type==\"[A-Za-z]+\"\)\]", "[]", column["jsonPath"])

    assert path in OURS or path == ".metadata.creationTimestamp"


def test_the_columns_are_few_and_the_wide_ones_last() -> None:
    shown = [column["name"].upper() for column in version()["additionalPrinterColumns"]]

    assert shown[:7] == ["READY", "REASON", "REPLICAS", "MODEL", "VERSION", "INPUT", "AGE"]
    assert shown[7:] == ["OUTPUT", "ERROR", "GROUP"]
    assert [column.get("priority") for column in version()["additionalPrinterColumns"][7:]] == [1, 1, 1]
