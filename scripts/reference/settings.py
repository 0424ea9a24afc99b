"""`docs/settings.md`, from the models that the worker reads its files with.

What a field means is said once, in the custom resource; only the fields that have no counterpart there are described
here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from penstock_operator.api import delivery, kafka, model, worker
from penstock_worker import settings
from reference.markdown import code, document, meaning, table

COUNTERPARTS: Mapping[type[BaseModel], type[BaseModel]] = {
    settings.KafkaSettings: kafka.Kafka,
    settings.Topics: kafka.Topics,
    settings.CreateTopics: kafka.CreateTopics,
    settings.Tls: kafka.Tls,
    settings.Sasl: kafka.Sasl,
    settings.OAuth: kafka.OAuth,
    settings.WorkerSettings: worker.Worker,
    settings.Model: model.Model,
    settings.Delivery: delivery.Delivery,
    settings.Batch: delivery.Batch,
    settings.Retry: delivery.Retry,
}
OWN: Mapping[str, str] = {
    "settingsVersion": "Version of this format.",
    "deployment": "The ModelDeployment that the worker belongs to.",
    "deployment.namespace": "Its namespace: part of `client.id` and of the header `penstock-deployment`.",
    "deployment.name": "Its name, likewise.",
    "createTopics.includeInput": "Whether the input topic is created as well: only the local run says so.",
    "tryingOnly": "Whether the broker is the embedded one, of which the pre-flight cannot ask everything.",
    "model": "The model that answers.",
    "model.url": "Where requests go: scheme, host, port and path.",
    "model.readinessPath": "An HTTP path at the model whose 2xx proves it alive; empty where none is known.",
    "model.external": "Whether somebody else runs the model, so that the pre-flight tries to reach it.",
    "delivery": "What is promised about each record.",
    "delivery.maxResponseBytes": "The longest answer that is read. Unset: the output topic's `max.message.bytes`.",
}

TEXT = """\
A worker reads two JSON files from its `--config-dir` (`/etc/penstock`), and the Secrets that they name as files
`SECRET/KEY` from its `--secrets-dir` (`/etc/penstock/secrets`). They are written from a ModelDeployment, with only the
keys that differ from their default; `penstock render -f FILE` prints them. Nobody needs to write them by hand.

A key that the worker does not know ends it with `WorkerTooOld`, since ignoring a setting is worse than not starting. So
do `ExactlyOnce`, `GRPC`, an `entrypoint` and protocols other than `JSON`: known, and not built yet."""


def page() -> str:
    return document(
        "The worker's settings files",
        TEXT,
        "## kafka.json",
        _table(settings.KafkaSettings),
        "## worker.json",
        _table(settings.WorkerSettings),
    )


def _table(kind: type[BaseModel]) -> str:
    rows = (
        (code(path), _type_text(field.annotation), _default_text(field), _meaning(path, owner, field))
        for path, owner, field in _walk(kind)
    )
    return table(("key", "type", "default", "what it is"), rows)


def _walk(kind: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, type[BaseModel], FieldInfo]]:
    for name, field in kind.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        yield path, kind, field
        inner = _object_in(field.annotation)
        if inner and inner is not settings.SecretKey:
            yield from _walk(inner, f"{path}.")


def _object_in(annotation: Any) -> type[settings.Settings] | None:
    options = (annotation, *get_args(annotation))
    return next((each for each in options if isinstance(each, type) and issubclass(each, settings.Settings)), None)


def _meaning(path: str, owner: type[BaseModel], field: FieldInfo) -> str:
    """Raises `KeyError` for a field that nobody describes."""
    name = path.rpartition(".")[2]
    own = OWN.get(path) or field.description
    if own:
        return own
    said = {each.alias or name: each.description for name, each in COUNTERPARTS[owner].model_fields.items()}[name]
    text = meaning(name, said or "")
    return text.partition(" Unset:")[0] if field.is_required() else text  # filled in before the worker sees it


def _type_text(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(code(str(option)) for option in get_args(annotation))
    inner = _object_in(annotation)
    if inner:
        return "`{secretName, key}`" if inner is settings.SecretKey else "object"
    if get_origin(annotation) in (tuple, dict):
        return "list of texts" if get_origin(annotation) is tuple else "map"
    options = set(get_args(annotation)) - {type(None)} or {annotation}
    return {int: "integer", str: "text", bool: "`true` or `false`"}[options.pop()]


def _default_text(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if default is None or isinstance(default, BaseModel) or default in ((), {}, ""):
        return ""
    return code(str(default).lower() if isinstance(default, bool) else str(default))
