"""`docs/modeldeployment.md`, from the models that the custom resource's schema is made from."""

from collections.abc import Iterator
from typing import Any

from penstock_operator.api.base import WireSchema
from penstock_operator.api.v1alpha1 import ModelDeployment
from reference.markdown import code, document, meaning, prose, table
from reference.schema import Schema, default_text, ref_name, type_text

ROOT = "ModelDeploymentSpec"

TEXT = """\
Every field of `spec` of a `ModelDeployment`, `serving.penstock.dev/v1alpha1`. Unknown fields, wrong types and `null`
are refused. A field without a default may be left out. The status is written by the operator and is not described here.

Not every field is carried out yet: the [README](../README.md#what-works-today) says which."""


def page() -> str:
    schema = ModelDeployment.model_json_schema(schema_generator=WireSchema)
    definitions: dict[str, Schema] = schema["$defs"]
    sections = [_section(name, definitions[name]) for name in _in_order(definitions)]
    return document("ModelDeployment", TEXT, *sections)


def _in_order(definitions: dict[str, Schema]) -> list[str]:
    """The spec, then each object that a field refers to, in the order of first mention."""
    names = [ROOT]
    for name in names:  # grows while it is walked
        for field in definitions[name]["properties"].values():
            referred = ref_name(field)
            if referred and referred not in names:
                names.append(referred)
    return names


def _section(name: str, schema: Schema) -> str:
    required = schema.get("required", [])
    rows = (
        (
            code(field),
            type_text(said),
            default_text(said, required=field in required),
            meaning(field, said["description"]),
        )
        for field, said in schema["properties"].items()
    )
    fields = table(("field", "type", "default", "what it is"), rows)
    return "\n\n".join((f"## {name}", fields, *_rules(schema)))


def _rules(schema: Schema) -> Iterator[str]:
    rules: list[dict[str, Any]] = schema.get("x-kubernetes-validations", [])
    if rules:
        yield "Rules:"
        yield "\n".join(f"- {code(rule.get('fieldPath', '').lstrip('.'))} {prose(rule['message'])}." for rule in rules)
