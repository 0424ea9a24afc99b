"""Documents that the published schema allows, made from the schema alone. Rules may still refuse them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from penstock_operator.api.base import ApiModel, WireSchema

Schema = Mapping[str, Any]
Values = st.SearchStrategy[Any]
Definitions = Mapping[str, Values]

_MOST_OPTIONAL_KEYS = 4  # of one object: documents stay readable, and every key comes up
_MOST_ENTRIES = 3
_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\x00")


@cache
def documents_of(model: type[ApiModel]) -> Values:
    schema = model.model_json_schema(schema_generator=WireSchema)
    definitions: dict[str, Values] = {}
    definitions |= {name: _values(part, definitions) for name, part in schema.get("$defs", {}).items()}
    return _values(schema, definitions)


def _values(schema: Schema, definitions: Definitions) -> Values:
    if "$ref" in schema:
        return st.deferred(lambda: definitions[schema["$ref"].rpartition("/")[2]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if schema.get("x-kubernetes-int-or-string"):
        return _text(schema) | st.integers(schema["minimum"], 10**6)
    made: dict[str, Values] = {
        "string": st.deferred(lambda: _text(schema)),
        "integer": st.integers(schema.get("minimum"), schema.get("maximum")),
        "boolean": st.booleans(),
        "array": st.deferred(lambda: _arrays(schema, definitions)),
        "object": st.deferred(lambda: _objects(schema, definitions)),
    }
    return made[schema["type"]]


def _text(schema: Schema) -> st.SearchStrategy[str]:
    limit = schema.get("maxLength", 20)
    if "pattern" not in schema:
        return st.text(_CHARACTERS, min_size=schema.get("minLength", 0), max_size=min(limit, 20))
    return st.from_regex(schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii")).filter(
        lambda text: len(text) <= limit
    )


def _arrays(schema: Schema, definitions: Definitions) -> Values:
    (key,) = schema.get("x-kubernetes-list-map-keys", [None])
    unique = schema.get("x-kubernetes-list-type") in ("set", "map")
    return st.lists(
        _values(schema["items"], definitions),
        min_size=schema.get("minItems", 0),
        max_size=min(schema["maxItems"], _MOST_ENTRIES),
        unique_by=(lambda entry: entry if key is None else entry[key]) if unique else None,
    )


def _objects(schema: Schema, definitions: Definitions) -> Values:
    if "properties" not in schema:
        values = _values(schema["additionalProperties"], definitions)
        return st.dictionaries(st.text(_CHARACTERS, max_size=8), values, max_size=_MOST_ENTRIES)
    return _with_some_keys(schema, definitions)


def _with_some_keys(schema: Schema, definitions: Definitions) -> Values:
    values = {key: _values(value, definitions) for key, value in schema["properties"].items()}
    required = schema.get("required", [])
    optional = sorted(set(values) - set(required))

    def with_keys(keys: list[str]) -> Values:
        return st.fixed_dictionaries({key: values[key] for key in [*required, *keys]})

    if not optional:
        return with_keys([])
    return st.lists(st.sampled_from(optional), max_size=_MOST_OPTIONAL_KEYS, unique=True).flatmap(with_keys)
