"""The operator writes settings, the worker reads them, and neither imports the other: this holds them together."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import chain
from pathlib import Path as File
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import given, settings
from pydantic import BaseModel, ValidationError

from penstock_operator import defaults
from penstock_operator.api import derived
from penstock_operator.api.base import ApiModel
from penstock_operator.api.delivery import Batch, Delivery, Retry
from penstock_operator.api.kafka import CreateTopics, Kafka, OAuth, Sasl, Tls
from penstock_operator.api.model import Model
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.api.worker import Worker
from penstock_operator.render import settings as rendered
from penstock_worker import settings as read
from penstock_worker.errors import SettingsRefused
from penstock_worker.reasons import Reason
from support.custom_resources.documents import ROOT, with_spec
from support.custom_resources.strategies import model_deployments, namespaces

Path = tuple[str, ...]

GOLDEN = ROOT / "tests" / "golden" / "settings"

COUNTERPARTS = [
    (Kafka, read.KafkaSettings),
    (CreateTopics, read.CreateTopics),
    (Tls, read.Tls),
    (Sasl, read.Sasl),
    (OAuth, read.OAuth),
    (Model, read.Model),
    (Delivery, read.Delivery),
    (Batch, read.Batch),
    (Retry, read.Retry),
    (Worker, read.WorkerSettings),
]

# In no file of the operator's: the local run alone writes them, or the custom resource has no such field.
NOT_RENDERED = {"includeInput", "tryingOnly", "maxResponseBytes", "port"}


def fields(model: type[BaseModel]) -> dict[str, Any]:
    """By their names on the wire."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def shared(resource: type[BaseModel], worker: type[BaseModel]) -> Iterator[tuple[str, Any, Any]]:
    for name in fields(resource).keys() & fields(worker).keys():
        yield name, fields(resource)[name], fields(worker)[name]


def plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    return list(value) if isinstance(value, tuple) else value


def choices(annotation: Any) -> set[str]:
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return set(chain.from_iterable(choices(part) for part in get_args(annotation)))


@pytest.mark.parametrize(("resource", "worker"), COUNTERPARTS)
def test_a_key_that_both_sides_have_has_one_default(resource: type[ApiModel], worker: type[BaseModel]) -> None:
    """So a key that is left out means the same to a user and to a worker."""
    for name, ours, theirs in shared(resource, worker):
        if ours.default is None:  # unset there, and derived or left out here
            assert theirs.is_required() or theirs.default in (None, ""), name
        else:
            assert plain(theirs.default) == plain(ours.default), name


@pytest.mark.parametrize(("resource", "worker"), COUNTERPARTS)
def test_a_choice_that_both_sides_have_has_the_same_options(resource: type[ApiModel], worker: type[BaseModel]) -> None:
    for name, ours, theirs in shared(resource, worker):
        assert choices(ours.annotation) == choices(theirs.annotation), name


@given(deployment=model_deployments(), namespace=namespaces)
@settings(max_examples=60, deadline=None)
def test_every_rendered_file_is_read_and_holds_no_key_that_could_be_left_out(
    deployment: ModelDeployment, namespace: str
) -> None:
    """A key that only repeats a default would keep older workers from starting, for nothing."""
    files = (
        (read.KafkaSettings, rendered.render_kafka(deployment, namespace=namespace)),
        (read.WorkerSettings, rendered.render_worker(deployment, namespace=namespace)),
    )
    for kind, document in files:
        complete = kind.model_validate(document)
        for path in paths_in(document):
            if path != ("settingsVersion",):
                assert parsed(kind, without(document, path)) != complete, path


@given(deployment=model_deployments())
@settings(max_examples=20, deadline=None)
def test_what_both_sides_derive_is_the_same(deployment: ModelDeployment) -> None:
    worker = read.WorkerSettings.model_validate(rendered.render_worker(deployment, namespace="default"))

    assert worker.delivery.window_records == defaults.window_records(deployment.spec.delivery)
    assert worker.delivery.drain_seconds == defaults.drain_seconds(deployment.spec.delivery)


def test_both_sides_agree_on_version_and_port() -> None:
    assert rendered.SETTINGS_VERSION == read.SETTINGS_VERSION
    assert read.WorkerSettings.model_fields["port"].default == derived.WORKER_PORT


def test_every_key_that_the_worker_reads_can_be_written_by_a_user() -> None:
    """The golden files together hold them all; a new key of the worker's needs a field in the custom resource."""
    for kind, ending in ((read.KafkaSettings, "kafka.json"), (read.WorkerSettings, "worker.json")):
        written = set(chain.from_iterable(keys_of_file(kind, file) for file in GOLDEN.glob(f"*.{ending}")))

        assert {path for path in paths_of(kind) if path[-1] not in NOT_RENDERED} == written


@pytest.mark.parametrize(
    ("patch", "file", "kind"),
    [
        ({"kafka": {"schemaRegistry": {"url": "https://registry:8081"}}}, "kafka.json", read.KafkaSettings),
        ({"predictionLog": {"topic": "predictions"}}, "worker.json", read.WorkerSettings),
    ],
)
def test_what_this_worker_cannot_do_yet_is_refused_by_it_and_never_ignored(
    patch: dict[str, Any], file: str, kind: type[read.Settings], tmp_path: File
) -> None:
    """When the worker learns it, the key gets a field there, and this example goes."""
    deployment = ModelDeployment.model_validate(with_spec(patch))
    (tmp_path / "kafka.json").write_text(json.dumps(rendered.render_kafka(deployment, namespace="default")))
    (tmp_path / "worker.json").write_text(json.dumps(rendered.render_worker(deployment, namespace="default")))

    with pytest.raises(SettingsRefused) as refused:
        read.read_settings(kind, tmp_path / file)

    assert refused.value.reason is Reason.WORKER_TOO_OLD


def paths_in(document: Mapping[str, Any], prefix: Path = ()) -> Iterator[Path]:
    """Of every key, those of objects and those in them."""
    for key, value in document.items():
        yield (*prefix, key)
        if isinstance(value, Mapping):
            yield from paths_in(value, (*prefix, key))


def without(document: dict[str, Any], path: Path) -> dict[str, Any]:
    changed = deepcopy(document)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    del parent[path[-1]]
    return changed


def parsed(kind: type[read.Settings], document: dict[str, Any]) -> read.Settings | None:
    try:
        return kind.model_validate(document)
    except ValidationError:
        return None


def paths_of(kind: type[BaseModel], prefix: Path = ()) -> Iterator[Path]:
    for name, field in fields(kind).items():
        yield (*prefix, name)
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from paths_of(part, (*prefix, name))


def keys_of_file(kind: type[BaseModel], file: File) -> Iterator[Path]:
    """The keys of a file that are the worker's, not those of a user's map."""
    known = set(paths_of(kind))
    return (path for path in paths_in(json.loads(file.read_text())) if path in known)
