"""The CustomResourceDefinition of ModelDeployment. Pure."""

from typing import Any, Final

from crd.structural import Schema, structural
from penstock_operator.api.base import WireSchema
from penstock_operator.api.v1alpha1 import GROUP, KIND, VERSION, ModelDeployment
from penstock_operator.files.yaml_text import dump_documents

PLURAL: Final = "modeldeployments"
FILE: Final = f"{GROUP}_{PLURAL}.yaml"

HEADING: Final = "# Generated from operator/penstock_operator/api by `make generate`; never edited by hand.\n"
DESCRIPTION: Final = (
    "ModelDeployment puts a model on Kafka topics: records of the input topic go to the model, its answers and errors "
    "to topics of their own."
)


def text() -> str:
    # Innermost collections on one line: whole in block style, the file would be a third larger.
    return HEADING + dump_documents([definition()], short=True)


def definition() -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": ["mdep"],
                "categories": ["penstock"],
            },
            "scope": "Namespaced",
            "versions": [_version()],
        },
    }


def _version() -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        # No scale subresource: `kubectl scale` would leave KEDA's mode without a word.
        "subresources": {"status": {}},
        "additionalPrinterColumns": _COLUMNS,
        "schema": {"openAPIV3Schema": _schema()},
    }


def _schema() -> Schema:
    written = ModelDeployment.model_json_schema(schema_generator=WireSchema)
    schema = structural(written, written.pop("$defs"))
    properties = schema["properties"]
    for name in ("apiVersion", "kind"):
        properties[name] = {"description": properties[name]["description"], "type": "string"}
    # The API server knows what it holds, and refuses so much as a description.
    properties["metadata"] = {"type": "object"}
    # A resource that no operator has seen has no status, rather than an empty one.
    del properties["status"]["default"]
    return {"description": DESCRIPTION} | schema | {"required": ["spec"]}


def _column(name: str, path: str, *, kind: str = "string", wide: bool = False) -> dict[str, Any]:
    return {"name": name, "type": kind, "jsonPath": path} | ({"priority": 1} if wide else {})


_READY: Final = '.status.conditions[?(@.type=="Ready")]'

_COLUMNS: Final = [
    _column("Ready", f"{_READY}.status"),
    _column("Reason", f"{_READY}.reason"),
    _column("Replicas", ".status.replicas", kind="integer"),
    _column("Model", ".status.model.name"),
    _column("Version", ".status.model.version"),
    _column("Input", ".spec.kafka.topics.input"),
    _column("Age", ".metadata.creationTimestamp", kind="date"),
    _column("Output", ".spec.kafka.topics.output", wide=True),
    _column("Error", ".status.kafka.errorTopic", wide=True),
    _column("Group", ".status.kafka.consumerGroup", wide=True),
]
