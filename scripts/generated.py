"""Generated files: written from the code that they describe, or checked against it.

The code stays the only source: a generated file is never edited by hand, and the check fails where one differs.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

Texts = Mapping[str, Callable[[], str]]


def run(description: str | None, *, folder: Path, texts: Texts) -> int:
    """The command line of a generator. Exit code 1 when `--check` finds a file that differs from the code."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing; name what is out of date")
    parser.add_argument("--folder", type=Path, default=folder, help="where the files are")
    chosen = parser.parse_args()
    wanted = {chosen.folder / name: text() for name, text in texts.items()}
    stale = [file for file, text in wanted.items() if not file.is_file() or file.read_text() != text]
    if chosen.check:
        return _report(stale)
    for file in stale:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted[file])
    return 0


def _report(stale: list[Path]) -> int:
    for file in stale:
        print(f"{file}: out of date; `make generate` writes it anew", file=sys.stderr)
    return 1 if stale else 0
