"""What pydantic found wrong, in the words of the user's file. Pure.

Invariant: a message says the rule and the remedy, and never quotes a value that was found: a value in the wrong place
may be a secret.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from penstock_operator.api.base import ApiModel
from penstock_operator.api.text import FORMS
from penstock_operator.files.suggestions import format_path, nearest, unknown_field


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and the path of the field, empty for the document as a whole."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def find_problems(error: ValidationError, root: type[ApiModel]) -> list[Problem]:
    """All that is wrong with a document that was read as `root`."""
    found = error.errors(include_url=False)
    return [_problem(one, root) for one in found if not _only_follows(one, found)]


def _only_follows(one: Any, found: Sequence[Any]) -> bool:
    """A list counts as too short where its entries are wrong; those are told already."""
    depth = len(one["loc"])
    return one["type"] == "too_short" and any(
        len(other["loc"]) > depth and other["loc"][:depth] == one["loc"] for other in found
    )


def _problem(found: Any, root: type[ApiModel]) -> Problem:
    kind, location = found["type"], found["loc"]
    if kind == "extra_forbidden":
        return Problem(format_path(location), unknown_field(root, location))
    if kind in _WORDS:
        return Problem(format_path(location), _WORDS[kind](found.get("input"), found.get("ctx", {})))
    return Problem(format_path(location), found["msg"])


Words = Callable[[Any, Mapping[str, Any]], str]


def _wrong_type(wanted: str, *, remedies: Mapping[type, str] = MappingProxyType({})) -> Words:
    """`remedies`: what to do about a value of that type, which is nearly right."""

    def words(value: Any, _: Mapping[str, Any]) -> str:
        if value is None:
            return _no_value(wanted)
        return f"must be {wanted}" + remedies.get(type(value), "")

    return words


def _no_value(wanted: str) -> str:
    return f"has no value; give {wanted}, or leave the key out"


def _form(_: Any, context: Mapping[str, Any]) -> str:
    pattern = context["pattern"]
    return f"must be {FORMS.get(pattern, f'of the form {pattern}')}"


def _choice(value: Any, context: Mapping[str, Any]) -> str:
    options = context["expected"].replace("'", "")
    if value is None:
        return _no_value(options)
    known = options.replace(" or ", ", ").split(", ")
    return f"must be {options}" + (nearest(value, known) if isinstance(value, str) and len(known) > 1 else "")


def _count(limit: str, one: str, several: str) -> Words:
    def words(_: Any, context: Mapping[str, Any]) -> str:
        side = "most" if limit == "max_length" else "least"
        return f"must have at {side} {context[limit]} {one if context[limit] == 1 else several}"

    return words


_QUOTE: Final = "; put it in quotes"
_UNQUOTE: Final[Mapping[type, str]] = {str: "; write it without quotes"}

_TEXT: Final = _wrong_type("text", remedies=dict.fromkeys((bool, int, float), _QUOTE))
_NUMBER: Final = _wrong_type("a whole number", remedies=_UNQUOTE)
_OBJECT: Final = _wrong_type("a mapping of fields")

_WORDS: Final[Mapping[str, Words]] = {
    "missing": lambda _, __: "is required",
    "string_type": _TEXT,
    "string_unicode": lambda _, __: "must be text that UTF-8 can hold",
    "int_type": _NUMBER,
    "int_from_float": _NUMBER,
    "bool_type": _wrong_type("true or false", remedies=_UNQUOTE),
    "model_type": _OBJECT,
    "mapping_type": _OBJECT,
    "dict_type": _OBJECT,
    "tuple_type": _wrong_type("a list"),
    "string_pattern_mismatch": _form,
    "literal_error": _choice,
    "string_too_long": _count("max_length", "character", "characters"),
    "string_too_short": _count("min_length", "character", "characters"),
    "too_long": _count("max_length", "entry", "entries"),
    "too_short": _count("min_length", "entry", "entries"),
    "greater_than_equal": lambda _, context: f"must be at least {context['ge']}",
    "less_than_equal": lambda _, context: f"must be at most {context['le']}",
}
