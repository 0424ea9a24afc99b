"""The CustomResourceDefinition as it is shipped, and every place of its schema."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from support.custom_resources.documents import ROOT

Schema = dict[str, Any]

FILE = ROOT / "crds" / "serving.penstock.dev_modeldeployments.yaml"


@cache
def definition() -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(FILE.read_text(), yaml.CSafeLoader)
    return read


def version() -> dict[str, Any]:
    (only,) = definition()["spec"]["versions"]
    found: dict[str, Any] = only
    return found


def root_schema() -> Schema:
    schema: Schema = version()["schema"]["openAPIV3Schema"]
    return schema


def places(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Each node with its path: `.name` for a field, `[]` for what a list holds, `{}` for what a map holds."""
    yield path, schema
    for name, value in schema.get("properties", {}).items():
        yield from places(value, f"{path}.{name}")
    if "items" in schema:
        yield from places(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from places(schema["additionalProperties"], f"{path}{{}}")
