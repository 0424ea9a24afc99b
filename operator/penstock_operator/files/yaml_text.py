"""YAML or JSON text to plain documents and back, read as `kubectl` reads it, but strictly and bounded. Pure.

Beyond PyYAML's safe loader: a key given twice is refused, keys are text, dates and `12:30` stay text as they do in Go,
and aliases cannot make a small file large. What is written is quoted wherever any reader could take it for a number.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NoReturn

import yaml

MAX_BYTES: Final = 262_144
MAX_DOCUMENTS: Final = 100
MAX_NODES: Final = 50_000

_TAG = "tag:yaml.org,2002:"


class TextRefused(Exception):  # noqa: N818 - a verdict on the user's file, not a fault of the program
    """Not YAML or JSON that can be taken. Says where and why, and quotes keys but never a value."""


class _Loader(yaml.SafeLoader):
    """Numbers as in YAML 1.2 and Go: no sexagesimals, no dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag in (f"{_TAG}bool", f"{_TAG}null", f"{_TAG}merge")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    f"{_TAG}int", re.compile(r"^[-+]?(0b[01]+|0o?[0-7]+|0x[0-9a-fA-F]+|0|[1-9][0-9_]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    f"{_TAG}float",
    re.compile(r"^[-+]?((\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|^\.(nan|NaN|NAN)$"),
    list("-+.0123456789"),
)


class _Dumper(yaml.SafeDumper):
    """Readers of YAML 1.1 and of 1.2 see the same: text that either would take for something else is quoted."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Several lines as they are, so that people can read a file within a file.

        YAML 1.1 breaks lines at more characters than PyYAML escapes by itself.
        """
        lines = "|" if "\n" in data else None
        return self.represent_scalar(f"{_TAG}str", data, style='"' if _RARE_BREAKS.search(data) else lines)


_RARE_BREAKS: Final = re.compile("[\x85\u2028\u2029]")
_Dumper.add_representer(str, _Dumper.represent_str)
_Dumper.yaml_implicit_resolvers = {
    first: [*resolvers, *_Loader.yaml_implicit_resolvers.get(first, ())]
    for first, resolvers in {**_Loader.yaml_implicit_resolvers, **yaml.SafeDumper.yaml_implicit_resolvers}.items()
}


def dump_documents(documents: Iterable[Any], *, short: bool = False) -> str:
    """Documents as YAML, keys in their own order. `short`: the innermost collections in braces, on one line."""
    return yaml.dump_all(
        documents,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=None if short else False,
        allow_unicode=True,
        width=120,
    )


def parse_text(text: str) -> list[Any]:
    """All documents in order; None for an empty one.

    Raises `TextRefused`.
    """
    size = len(text.encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        raise TextRefused(f"has {size} bytes; at most {MAX_BYTES} are read")
    try:
        return _parse_json(text) if text.lstrip()[:1] in ("{", "[") else _parse_yaml(text)
    except RecursionError as error:
        raise TextRefused("is nested too deeply") from error


def _parse_json(text: str) -> list[Any]:
    try:
        return [json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)]
    except ValueError:
        return _parse_yaml(text)  # YAML's flow style begins with a brace as well


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in unique if keys.count(key) > 1)
        raise TextRefused(f"{repeated} is given twice in one object")
    return unique


def _refuse_constant(constant: str) -> NoReturn:
    raise TextRefused(f"{constant} is no JSON")


def _parse_yaml(text: str) -> list[Any]:
    documents: list[Any] = []
    try:
        for document in _load_all(text):
            documents.append(document)
            if len(documents) > MAX_DOCUMENTS:
                raise TextRefused(f"has more than {MAX_DOCUMENTS} documents")
    except yaml.MarkedYAMLError as error:
        raise TextRefused(_at(error.problem_mark) + (error.problem or "is not YAML")) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a number of thousands of digits, a character of no text
        raise TextRefused("is not YAML") from error
    return documents


def _load_all(text: str) -> Iterator[Any]:
    loader = _Loader(text)
    try:
        while loader.check_node() and (node := loader.get_node()) is not None:
            _weigh(node, {})
            yield loader.construct_document(node)
    finally:
        loader.dispose()


def _weigh(node: yaml.Node, weights: dict[int, int]) -> int:
    """How many nodes there are once aliases are followed; refuses what a document must not have."""
    if id(node) not in weights:
        weights[id(node)] = MAX_NODES + 1  # until it is known: an alias that leads back here is too heavy
        weights[id(node)] = 1 + sum(_weigh(child, weights) for child in _children(node))
    if weights[id(node)] > MAX_NODES:
        raise TextRefused(f"{_at(node.start_mark)}has more than {MAX_NODES} values, aliases followed")
    return weights[id(node)]


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
        yield from (part for pair in node.value for part in pair)
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _check_keys(mapping: yaml.MappingNode) -> None:
    seen = set()
    for key, _ in mapping.value:
        if key.tag not in (f"{_TAG}str", f"{_TAG}merge"):
            raise TextRefused(f"{_at(key.start_mark)}a key is not text; put it in quotes")
        if key.value in seen:
            raise TextRefused(f"{_at(key.start_mark)}{key.value} is given twice")
        seen.add(key.value)


def _at(mark: yaml.Mark | None) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
