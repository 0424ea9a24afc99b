"""A JSON schema of pydantic's as the structural schema that a CustomResourceDefinition must have. Pure.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]
Definitions = Mapping[str, Schema]

_TOP: Final = ("description", "type", "default")
_BELOW: Final = ("required", "properties", "items", "additionalProperties", "x-kubernetes-validations")


def structural(schema: Schema, definitions: Definitions) -> Schema:
    """The same schema without references, closed objects and constants, none of which Kubernetes knows."""
    node = _resolved(schema, definitions)
    node.pop("title", None)
    if "const" in node:
        node["enum"] = [node.pop("const")]
    if node.get("additionalProperties") is False:
        # What is not listed is refused (strict field validation) or dropped; "false" itself is not allowed.
        del node["additionalProperties"]
    if node.get("type") == "array":
        # The default, said aloud: who applies a part of such a list owns the whole of it.
        node.setdefault("x-kubernetes-list-type", "atomic")
    return _in_reading_order(node | _below(node, definitions))


def _resolved(schema: Schema, definitions: Definitions) -> Schema:
    """What a field says itself goes before what its class says."""
    if "$ref" not in schema:
        return dict(schema)
    referred = definitions[schema["$ref"].rpartition("/")[2]]
    return referred | {key: value for key, value in schema.items() if key != "$ref"}


def _below(node: Schema, definitions: Definitions) -> Schema:
    below: Schema = {
        key: structural(node[key], definitions) for key in ("items", "additionalProperties") if key in node
    }
    if "properties" in node:
        below["properties"] = {name: structural(value, definitions) for name, value in node["properties"].items()}
    return below


def _in_reading_order(node: Schema) -> Schema:
    limits = sorted(node.keys() - {*_TOP, *_BELOW})
    return {key: node[key] for key in (*_TOP, *limits, *_BELOW) if key in node}
