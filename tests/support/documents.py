"""What a Markdown page says about this repository: code blocks, and the paths, make targets, links and tests that it
names, looked up in the working tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPERATOR = ROOT / "operator" / "penstock_operator"
BASES = (ROOT, ROOT / "worker" / "penstock_worker", OPERATOR, OPERATOR / "decision")  # where a path in prose may begin
OUTPUT = "build"  # made by the commands that a page describes

_BLOCK = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
_TARGET = re.compile(r"\bmake ([a-z]+)")
_TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `language` is the whole info string."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    return [Block(found["language"].strip(), found["text"]) for found in _BLOCK.finditer(page)]


def missing(page: str, *, folder: Path = ROOT) -> list[str]:
    """What the page names and the repository does not have. `folder` is where the page's relative links begin."""
    without_blocks = _BLOCK.sub("", page)
    spans = _SPAN.findall(without_blocks)
    commands = [*spans, *(block.text for block in blocks(page) if block.language.startswith("sh"))]
    return [
        *(f"path {path}" for path in _paths(spans) if not any((base / path).exists() for base in BASES)),
        *(f"test {file}::{name}" for file, name in _tests(spans) if not _has_test(file, name)),
        *(f"target {name}" for text in commands for name in _TARGET.findall(text) if name not in make_targets()),
        *(f"link {link}" for link in _LINK.findall(without_blocks) if not _leads_somewhere(link, page, folder)),
    ]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _paths(spans: list[str]) -> Iterator[str]:
    """Words in code that end as a file does, or begin with a folder of ours."""
    folders = {each.name for each in ROOT.iterdir() if each.is_dir()} - {OUTPUT}
    for span in spans:
        path = span.partition("::")[0]
        is_file = path.endswith((".py", ".md", ".toml", ".sh")) or path.startswith(("examples/", "requirements/"))
        if _PATH.fullmatch(path) and (is_file or ("/" in path and path.split("/")[0] in folders)):
            yield path


def _tests(spans: list[str]) -> Iterator[tuple[str, str]]:
    for span in spans:
        yield from _TEST.findall(span)


def _has_test(file: str, name: str) -> bool:
    path = ROOT / file
    return path.is_file() and re.search(rf"def {name}\(", path.read_text()) is not None


def _leads_somewhere(link: str, page: str, folder: Path) -> bool:
    """Links to other hosts are not followed, only held to https."""
    if "://" in link:
        return link.startswith("https://")
    file, _, fragment = link.partition("#")
    if not (folder / file).exists():
        return False
    return not fragment or fragment in _anchors((folder / file).read_text() if file else page)


def _anchors(page: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
