"""ModelDeployment documents as a user writes them, to begin from and to change."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

ROOT = Path(__file__).parents[3]
FIRST_FILE = ROOT / "examples" / "00-try" / "modeldeployment.yaml"


def first_document() -> Document:
    """The first file that works, on defaults alone."""
    document: Document = yaml.safe_load(FIRST_FILE.read_text())
    return document


def merged(document: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7396): objects are merged, null removes, all else replaces."""
    if not isinstance(patch, Mapping):
        return deepcopy(patch)
    result = dict(document) if isinstance(document, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def with_spec(patch: Document) -> Document:
    """The first document with its spec changed."""
    document: Document = merged(first_document(), {"spec": patch})
    return document
