"""What CEL calls `has`, in both languages. For fields without a default; one with a default is always there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.alias_generators import to_snake

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel


def has(node: BaseModel, field: str) -> bool:
    return to_snake(field) in node.model_fields_set


def has_any(node: BaseModel, fields: Iterable[str]) -> bool:
    return any(has(node, field) for field in fields)


def has_any_cel(fields: Iterable[str]) -> str:
    return "(" + " || ".join(f"has(self.{field})" for field in fields) + ")"


def has_one(node: BaseModel, fields: Iterable[str]) -> bool:
    return sum(has(node, field) for field in fields) == 1


def has_one_cel(fields: Iterable[str]) -> str:
    return "[" + ", ".join(f"has(self.{field})" for field in fields) + "].exists_one(given, given)"
