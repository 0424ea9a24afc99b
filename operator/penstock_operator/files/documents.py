"""A user's file to ModelDeployments and Secrets. Pure; `penstock run` and `render` begin here.

Whatever is wrong ends in `DocumentsRefused`, which names file, document, field and rule; never in a traceback.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from penstock_operator.api.base import ApiModel
from penstock_operator.api.v1alpha1 import GROUP, KIND, ModelDeployment
from penstock_operator.files.problems import Problem, find_problems
from penstock_operator.files.secret_document import Secret, SecretDocument, decode
from penstock_operator.files.yaml_text import TextRefused, parse_text

MAX_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True)
class Documents:
    """What a file holds. `ignored` names documents of other kinds, as `kind/name`."""

    model_deployments: tuple[ModelDeployment, ...]
    secrets: tuple[Secret, ...]
    ignored: tuple[str, ...]


class DocumentsRefused(Exception):  # noqa: N818 - a verdict on the user's file, not a fault of the program
    """A file that cannot be used. Its text has one line for each problem, at most `MAX_PROBLEMS`."""

    def __init__(self, lines: list[str]) -> None:
        more = [f"and {len(lines) - MAX_PROBLEMS} more problems"] if len(lines) > MAX_PROBLEMS else []
        super().__init__("\n".join(lines[:MAX_PROBLEMS] + more))


class _Refused(Exception):  # noqa: N818 - as above
    """One document that cannot be used."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


def read_documents(text: str, *, file: str) -> Documents:
    """Parse and check the whole text; `file` is what messages call it.

    Raises `DocumentsRefused`.
    """
    try:
        numbered = list(_numbered(parse_text(text)))
    except TextRefused as error:
        raise DocumentsRefused([f"{file}: {error}"]) from error
    read: list[ModelDeployment | Secret | str] = []
    lines: list[str] = []
    for number, document in numbered:
        try:
            read.append(_read(document))
        except _Refused as refused:
            lines += [f"{file}: document {number}: {problem}" for problem in refused.problems]
    lines += [f"{file}: {name} is given twice" for name in _repeated(read)]
    if lines:
        raise DocumentsRefused(lines)
    return Documents(
        model_deployments=tuple(part for part in read if isinstance(part, ModelDeployment)),
        secrets=tuple(part for part in read if isinstance(part, Secret)),
        ignored=tuple(part for part in read if isinstance(part, str)),
    )


def _numbered(documents: list[Any]) -> Iterator[tuple[int, Any]]:
    """Documents counted from 1 as `---` separates them, empty ones left out, the items of a List one by one."""
    for number, document in enumerate(documents, 1):
        if isinstance(document, dict) and document.get("kind") == "List" and isinstance(document.get("items"), list):
            yield from ((number, item) for item in document["items"])
        elif document is not None:
            yield number, document


def _read(document: Any) -> ModelDeployment | Secret | str:
    if not isinstance(document, dict):
        raise _Refused([Problem("", "must be a mapping that begins with apiVersion and kind")])
    api_version, kind = document.get("apiVersion"), document.get("kind")
    if kind == KIND:
        return _validated(ModelDeployment, document)
    if kind == "Secret":
        return _secret(_validated(SecretDocument, document))
    if isinstance(api_version, str) and api_version.partition("/")[0] == GROUP:
        raise _Refused([Problem("kind", f"must be {KIND}")])
    missing = [key for key in ("apiVersion", "kind") if not isinstance(document.get(key), str)]
    if missing:
        raise _Refused([Problem(key, "is required") for key in missing])
    return f"{kind}/{_name_of(document)}"


Document = TypeVar("Document", bound=ApiModel)


def _validated(model: type[Document], document: dict[str, Any]) -> Document:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise _Refused(find_problems(error, model)) from error


def _secret(document: SecretDocument) -> Secret:
    secret, problems = decode(document)
    if problems:
        raise _Refused(problems)
    return secret


def _name_of(document: dict[str, Any]) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name", "?")) if isinstance(metadata, dict) else "?"


def _repeated(read: list[ModelDeployment | Secret | str]) -> list[str]:
    names = [_identity(part) for part in read if not isinstance(part, str)]
    return sorted({name for name in names if names.count(name) > 1})


def _identity(part: ModelDeployment | Secret) -> str:
    if isinstance(part, Secret):
        return f"Secret {part.namespace or ''}/{part.name}".replace(" /", " ")
    return f"{KIND} {part.metadata.namespace or ''}/{part.metadata.name}".replace(" /", " ")
