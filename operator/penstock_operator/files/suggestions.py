"""For a field that nobody knows: the one that was probably meant. Pure."""

import json
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, get_args

from penstock_operator.api.base import ApiModel
from penstock_operator.api.kafka_client_config import SAID_ELSEWHERE, ClientConfig

Location = tuple[str | int, ...]


def format_path(location: Location) -> str:
    """`spec.kafka.bootstrapServers[0]`, `spec.kafka.consumerConfig["fetch.min.bytes"]`."""
    return "".join(_step(part) for part in location).removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if part.isidentifier() else f"[{json.dumps(part)}]"


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean input?`, or nothing."""
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(word.lower(), by_lower_case, n=1)
    return f"; did you mean {by_lower_case[found[0]]}?" if found else ""


def unknown_field(root: type[ApiModel], location: Location) -> str:
    """Why the last part of the location is no field of its parent, and what may have been meant."""
    *parents, name = location
    parent = _model_at(root, parents)
    if parent is None:
        return "is not a known field; remove it"
    if issubclass(parent, ClientConfig):
        return _no_client_key(parent, str(name))
    meant = nearest(str(name), _fields(parent)) or _same_name_elsewhere(root, str(name))
    return "is not a known field" + (meant or f"; known here are {', '.join(_fields(parent))}")


def _no_client_key(parent: type[ClientConfig], name: str) -> str:
    elsewhere = next((field for key, field in SAID_ELSEWHERE.items() if name.startswith(key)), None)
    if elsewhere:
        return f"cannot be set here; {elsewhere} decides it"
    meant = nearest(name, _fields(parent))
    return "is not among the keys that can be tuned" + (
        meant or "; remove it: Penstock decides it, or it has no effect"
    )


def _same_name_elsewhere(root: type[ApiModel], name: str) -> str:
    places = [path for path in _paths(root, ()) if path[-1] == name and path[0] == "spec"]
    return f"; did you mean {format_path(min(places, key=len))}?" if places else ""


def _paths(model: type[ApiModel], prefix: Location) -> Iterator[Location]:
    for name, annotation in _fields(model).items():
        path = (*prefix, name)
        yield path
        child = _model_in(annotation)
        if child is not None:
            yield from _paths(child, path)


def _model_at(root: type[ApiModel], location: Iterable[str | int]) -> type[ApiModel] | None:
    model: type[ApiModel] | None = root
    for part in location:
        if isinstance(part, str) and model is not None:
            model = _model_in(_fields(model).get(part))
    return model


def _fields(model: type[ApiModel]) -> dict[str, Any]:
    """Names on the wire, and the types of their values."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[ApiModel] | None:
    """The object that a field holds: itself, or in a list, or where it may be unset."""
    if isinstance(annotation, type) and issubclass(annotation, ApiModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part)) is not None), None)
