"""Documents with one thing changed at random, most of them wrong: where two readers are most likely to disagree.

No null, which the API server drops before it looks, and no numbers that Go and Python read apart: floats, and whole
numbers beyond 64 bits.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from support.custom_resources.documents import Document

Path = tuple[str | int, ...]

_INT64 = 2**63
_LONG_TEXT = 20_000
_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\x00")

_integers = st.integers(-_INT64, _INT64 - 1)
_texts = st.text(_CHARACTERS, max_size=8) | st.integers(200, _LONG_TEXT).map("a".__mul__)
_scalars: st.SearchStrategy[Any] = st.booleans() | _integers | _texts
_containers: st.SearchStrategy[Any] = st.sampled_from([{}, [], [{}], [""], {"name": "fraud"}])


def mutated(documents: st.SearchStrategy[Document]) -> st.SearchStrategy[Document]:
    """Their `spec` with one value replaced, changed a little, taken out or put in."""
    return documents.flatmap(_with_one_change)


def _with_one_change(document: Document) -> st.SearchStrategy[Document]:
    paths: list[Path] = [("spec", *path) for path in paths_in(document["spec"])]
    # Mostly single values: whatever stands in place of an object is refused for one and the same reason.
    single = [path for path in paths if not isinstance(_at(document, path), dict)]
    chosen = st.sampled_from(single) | st.sampled_from(single) | st.sampled_from(paths)
    return chosen.flatmap(lambda path: _changes_at(document, path))


def paths_in(value: Any) -> Iterator[Path]:
    """Of every value below this one."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield (key,)
        yield from ((key, *path) for path in paths_in(entry))


def _changes_at(document: Document, path: Path) -> st.SearchStrategy[Document]:
    value = _at(document, path)
    replaced = st.one_of(_near(value), _near(value), _scalars, _containers)
    changes = [replaced.map(lambda new: _replaced(document, path, new)), st.just(_without(document, path))]
    if isinstance(value, dict):
        changes.append(_scalars.map(lambda new: _replaced(document, (*path, "surplus"), new)))
    return st.one_of(changes)


def _near(value: Any) -> st.SearchStrategy[Any]:
    """Values of the same kind, which hit bounds and patterns rather than types."""
    if isinstance(value, str):
        return st.builds(lambda text, more, at: text[:at] + more + text[at:], st.just(value), _texts, st.integers(0, 3))
    if isinstance(value, int) and not isinstance(value, bool):
        return st.sampled_from([value - 1, value + 1, -value, value * 1000, 0])
    if isinstance(value, list) and value:
        return st.sampled_from([value + value, value * 40])
    return st.nothing()


def _at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def _replaced(document: Document, path: Path, new: Any) -> Document:
    changed = deepcopy(document)
    _at(changed, path[:-1])[path[-1]] = new
    return changed


def _without(document: Document, path: Path) -> Document:
    changed = deepcopy(document)
    del _at(changed, path[:-1])[path[-1]]
    return changed
