"""Whether the CustomResourceDefinition in the cluster has every field that this operator reads. Pure.

Where it has not, the API server silently drops the field from what users apply, and its default from what they do not.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from penstock_operator.api.base import WireSchema
from penstock_operator.api.v1alpha1 import ModelDeployment

Schema = Mapping[str, Any]

MAX_NAMED: Final = 5


def missing_fields(served: Schema) -> list[str]:
    """Paths of fields under `spec` and `status` that the served schema lacks, the outermost of each."""
    wanted = ModelDeployment.model_json_schema(schema_generator=WireSchema)
    parts = ("spec", "status")
    definitions = wanted.get("$defs", {})
    return [
        path
        for part in parts
        for path in _missing(wanted["properties"][part], served.get("properties", {}).get(part), definitions, part)
    ]


def remedy(missing: list[str] | None) -> str:
    """What to tell the administrator; None: the kind is not there at all."""
    command = "apply the CustomResourceDefinition of this version: kubectl apply --server-side -f crds/"
    if missing is None:
        return f"the cluster does not know ModelDeployments; {command}"
    more = f" and {len(missing) - MAX_NAMED} more" if len(missing) > MAX_NAMED else ""
    return f"the cluster's ModelDeployment has no {', '.join(missing[:MAX_NAMED])}{more}; {command}"


def _missing(wanted: Schema, served: Schema | None, definitions: Schema, path: str) -> Iterator[str]:
    wanted = _resolved(wanted, definitions)
    if served is None:
        yield path
        return
    if served.get("x-kubernetes-preserve-unknown-fields"):
        return
    for name, part in wanted.get("properties", {}).items():
        yield from _missing(part, served.get("properties", {}).get(name), definitions, f"{path}.{name}")
    if "items" in wanted:
        yield from _missing(wanted["items"], served.get("items"), definitions, f"{path}[]")


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    reference = schema.get("$ref")
    return schema if reference is None else definitions[reference.removeprefix("#/$defs/")]
