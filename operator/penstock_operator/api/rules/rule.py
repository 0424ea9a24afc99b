"""The shape of a rule that spans fields. The rules themselves are its siblings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Node = TypeVar("Node")


@dataclass(frozen=True, slots=True)
class Rule(Generic[Node]):
    """One rule in both languages: CEL for the API server, a predicate for pydantic; they give the same verdict.

    A rule sits on one class of object, in CEL `self`, and so wherever that class appears in a resource.
    """

    name: str
    field: str
    """What the message is about: camelCase, dotted, seen from the object, empty for the object itself."""
    cel: str
    message: str
    """Goes on after the field's path: what is wrong and what to write instead. Quotes no value."""
    holds: Callable[[Node], bool]

    @property
    def location(self) -> tuple[str, ...]:
        return tuple(self.field.split(".")) if self.field else ()

    @property
    def validation(self) -> dict[str, str]:
        """The entry under `x-kubernetes-validations`."""
        # The API server knows no fields below a resource's own `metadata`, and refuses a fieldPath into it.
        has_path = bool(self.field) and self.location[0] != "metadata"
        return {"rule": self.cel, "message": self.message} | ({"fieldPath": f".{self.field}"} if has_path else {})
