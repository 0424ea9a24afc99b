"""Whether a live object still holds all that is wanted of it: desired ⊆ live. Pure.

What others add (defaults of the API server, an annotation, a sidecar that an admission webhook put in) is theirs and
no difference. Quantities are rendered as the API server writes them, so texts can be compared. What we once wanted and
want no more cannot be seen here; the annotation of `plan.py` tells that.
"""

from typing import Any, Final

_KEYS: Final = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "ports": "name",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "ownerReferences": "uid",
}
"""Lists to which others may add entries, by what tells the entries apart, as in the API's schema. Any other list is a
value as a whole.
"""

_TELLING_WHEN_EMPTY: Final = frozenset({"emptyDir"})
"""Objects that say something by being there. All other empty ones count as absent: the API server may drop them."""


def holds(desired: Any, live: Any, field: str = "") -> bool:
    """Plain JSON both. `field` is the name under which they stand."""
    if isinstance(desired, dict):
        return _object_holds(desired, live, field)
    if isinstance(desired, list):
        return _list_holds(desired, live, field)
    return bool(desired == live) or (_is_zero(desired) and live is None)


def _object_holds(desired: dict[str, Any], live: Any, field: str) -> bool:
    if live is None:
        return field not in _TELLING_WHEN_EMPTY and all(_is_zero(value) for value in desired.values())
    if not isinstance(live, dict):
        return False
    return all(holds(value, live.get(name), name) for name, value in desired.items())


def _list_holds(desired: list[Any], live: Any, field: str) -> bool:
    if live is None:
        return not desired
    if not isinstance(live, list):
        return False
    key = _KEYS.get(field)
    if key and all(isinstance(entry, dict) and key in entry for entry in desired):
        found = {entry.get(key): entry for entry in live if isinstance(entry, dict)}
        return all(holds(entry, found.get(entry[key])) for entry in desired)
    return len(desired) == len(live) and all(holds(*pair) for pair in zip(desired, live, strict=True))


def _is_zero(value: Any) -> bool:
    """What Go leaves out of its JSON; `{}` and `[]` as well."""
    if isinstance(value, dict):
        return all(_is_zero(each) for each in value.values())
    return value is None or value in (0, "") or (isinstance(value, list) and not value)  # False is 0
