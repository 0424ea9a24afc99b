"""How a patch changes an object. Pure.

Server-side apply as far as the operator uses it: with force, objects merged key by key, lists replaced as a whole. What
a manager applied before and does not any more goes.
"""

import copy
from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def apply(live: Mapping[str, Any], before: Mapping[str, Any], wanted: Mapping[str, Any]) -> Object:
    """`before` is what the same manager applied last."""
    applied = dict(copy.deepcopy(live))
    for key in before.keys() - wanted.keys():
        applied.pop(key, None)
    for key, value in wanted.items():
        if isinstance(value, Mapping) and isinstance(applied.get(key), Mapping):
            earlier = before.get(key)
            applied[key] = apply(applied[key], earlier if isinstance(earlier, Mapping) else {}, value)
        else:
            applied[key] = copy.deepcopy(value)
    return applied
