"""The pages for people say nothing that is not so: commands run, and what they name exists."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.documents import ROOT, Block, blocks, missing

PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
EVERY_PAGE = [*PAGES, *sorted(str(file.relative_to(ROOT)) for file in (ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text()
RUNNABLE = [block.text for block in blocks(README) if block.language == "sh runnable"]


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_what_a_page_names_exists(page: str) -> None:
    file = ROOT / page
    assert missing(file.read_text(), folder=file.parent) == []


@pytest.mark.parametrize(
    "mention",
    [
        "`worker/penstock_worker/gone.py`",
        "`core/gone.py`",
        "`tests/gone/`",
        "`make gone`",
        "```sh\nmake gone\n```",
        "[gone](docs/gone.md)",
        "[gone](README.md#gone)",
        "[gone](#gone)",
        "[unencrypted](http://example.org)",
        "`tests/contract/test_readme.py::test_gone`",
    ],
)
def test_a_page_that_names_what_is_gone_is_found(mention: str) -> None:
    assert len(missing(mention)) == 1


def test_the_readme_has_commands_to_run() -> None:
    assert RUNNABLE


@pytest.mark.parametrize("command", RUNNABLE)
def test_a_command_of_the_readme_runs(command: str, tmp_path: Path) -> None:
    """In a folder that holds what a user's clone holds, with this very Python as its virtual environment."""
    for name in ("examples", "cli", "worker", "operator"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for program in ("python", "penstock"):  # no links: Python would not find the packages beside a linked one
        called = tmp_path / ".venv" / "bin" / program
        called.write_text(f'#!/bin/sh\nexec {Path(sys.executable).parent / program} "$@"\n')
        called.chmod(0o755)

    ended = subprocess.run(
        ["bash", "-euc", command], cwd=tmp_path, env=os.environ, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout


def test_the_resource_of_the_readme_is_the_example() -> None:
    shown = [block for block in blocks(README) if block.language == "yaml"]
    assert shown == [Block("yaml", (ROOT / "examples" / "00-try" / "modeldeployment.yaml").read_text())]


def test_one_command_shows_it_and_one_tests_it() -> None:
    """The README's first two commands, alone in their blocks; the test command is what CI runs."""
    first, second = [block.text for block in blocks(README) if block.language == "sh"][:2]
    assert (first, second) == ("make demo\n", "make test\n")
    assert "exec make test" in (ROOT / ".ci" / "run").read_text()
