"""The parts of a JSON schema that a reader asks for, as short texts. Pure."""

import json
from typing import Any

from reference.markdown import anchor, code

Schema = dict[str, Any]


def ref_name(schema: Schema) -> str | None:
    """The definition that a field refers to, directly or as its items."""
    reference: str | None = schema.get("$ref") or schema.get("items", {}).get("$ref")
    return reference.rpartition("/")[2] if reference else None


def type_text(schema: Schema) -> str:
    name = ref_name(schema)
    if name:
        link = f"[{name}]({anchor(name)})"
        return f"list of {link}" if "items" in schema else link
    if "enum" in schema:
        return " or ".join(code(option) for option in schema["enum"])
    if "x-kubernetes-int-or-string" in schema:
        return "integer or text"
    return _plain_type_text(schema)


def _plain_type_text(schema: Schema) -> str:
    match schema["type"]:
        case "array":
            items = type_text(schema["items"])
            return f"list of {'texts' if items == 'text' else items}"
        case "integer":
            return _integer_text(schema)
        case kind:
            return {"string": "text", "boolean": "`true` or `false`", "object": "map to text"}[kind]


def _integer_text(schema: Schema) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f"integer, {schema['minimum']:,} to {schema['maximum']:,}"
    if "minimum" in schema:
        return f"integer, at least {schema['minimum']:,}"
    return "integer"


def default_text(schema: Schema, *, required: bool) -> str:
    if required:
        return "required"
    if "default" not in schema or schema["default"] == {}:
        return ""
    default = schema["default"]
    return code(default if isinstance(default, str) else json.dumps(default))
