"""Lists whose entries are told apart by a key, and sets: unique here as on the API server, which merges them by key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_snake
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, ValidationError, core_schema


@dataclass(frozen=True, slots=True)
class Unique:
    """Annotates a list: no entry twice. With `key`, no two entries with the same value under that key."""

    key: str | None = None

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._refuse_repeats, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        kind = {"x-kubernetes-list-type": "set" if self.key is None else "map"}
        keys = {} if self.key is None else {"x-kubernetes-list-map-keys": [self.key]}
        return handler(core) | kind | keys

    def _refuse_repeats(self, entries: tuple[Any, ...]) -> tuple[Any, ...]:
        errors = [self._refusal(index) for index in _repeats(self._identity(entry) for entry in entries)]
        if errors:
            raise ValidationError.from_exception_data("list", errors)
        return entries

    def _identity(self, entry: Any) -> object:
        return entry if self.key is None else getattr(entry, to_snake(self.key))

    def _refusal(self, index: int) -> InitErrorDetails:
        error = PydanticCustomError("repeated", "is given twice; remove one or change it")
        return InitErrorDetails(type=error, loc=(index,) if self.key is None else (index, self.key), input=None)


def _repeats(identities: Iterable[object]) -> Iterator[int]:
    seen = set()
    for index, identity in enumerate(identities):
        if identity in seen:
            yield index
        seen.add(identity)
