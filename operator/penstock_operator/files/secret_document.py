"""`kind: Secret` in a user's file: its values as the bytes that a mounted file would hold. Pure.

Invariant: no value reaches a message or a repr.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from penstock_operator.api.base import ApiModel, Unset
from penstock_operator.api.metadata import Metadata
from penstock_operator.api.text import Word
from penstock_operator.files.problems import Problem
from penstock_operator.files.suggestions import format_path


class SecretDocument(ApiModel):
    """The Kubernetes shape, as written."""

    api_version: Literal["v1"] = Field(description="apiVersion is v1.")
    kind: Literal["Secret"] = Field(description="kind is Secret.")
    metadata: Metadata = Field(description="metadata is the Secret's name.")
    type: Unset[Word] = Field(default=None, description="type is what the Secret is for; not looked at.")
    immutable: Unset[bool] = Field(default=None, description="immutable is not looked at.")
    data: Mapping[str, str] = Field(default={}, repr=False, description="data are values in base64.")
    string_data: Mapping[str, str] = Field(default={}, repr=False, description="stringData are values as they are.")


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret's values, by key."""

    namespace: str | None
    name: str
    values: Mapping[str, bytes] = field(repr=False)


def decode(document: SecretDocument) -> tuple[Secret, list[Problem]]:
    """As the API server does: `stringData` replaces `data` under the same key."""
    values, problems = {}, []
    for key, value in document.data.items():
        try:
            values[key] = base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError):
            message = "must be base64; text as it is goes under stringData"
            problems.append(Problem(format_path(("data", key)), message))
    values |= {key: value.encode() for key, value in document.string_data.items()}
    return Secret(document.metadata.namespace, document.metadata.name, values), problems
