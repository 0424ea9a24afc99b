"""The accepted and refused example of every rule, as data: for pydantic here, and for a real API server."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support.custom_resources.documents import Document, first_document, merged

_FILE = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True)
class RuleExample:
    """Two whole documents that differ in what the rule is about. `path` is where the refusal must point."""

    rule: str
    path: str
    accepted: Document
    refused: Document


def rule_examples() -> list[RuleExample]:
    return [_example(entry) for entry in yaml.safe_load(_FILE.read_text())]


def _example(entry: dict[str, Any]) -> RuleExample:
    first = first_document()
    return RuleExample(entry["rule"], entry["path"], merged(first, entry["accepted"]), merged(first, entry["refused"]))
