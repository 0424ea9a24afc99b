"""Writes the reference pages under `docs/` from the code that they describe, or checks that they are up to date.

The code stays the only source: a page is never edited by hand, and the check fails where one differs.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from reference import headers, metrics, modeldeployment, reasons, settings

DOCS = Path(__file__).parents[1] / "docs"

PAGES: Mapping[str, Callable[[], str]] = {
    "headers.md": headers.page,
    "metrics.md": metrics.page,
    "modeldeployment.md": modeldeployment.page,
    "reasons.md": reasons.page,
    "settings.md": settings.page,
}


def main() -> int:
    """Exit code 1 when `--check` finds a page that differs from the code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; name what is out of date")
    parser.add_argument("--folder", type=Path, default=DOCS, help="where the pages are")
    chosen = parser.parse_args()
    pages = {chosen.folder / name: page() for name, page in PAGES.items()}
    stale = [file for file, text in pages.items() if not file.is_file() or file.read_text() != text]
    if chosen.check:
        return _report(stale)
    for file in stale:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(pages[file])
    return 0


def _report(stale: list[Path]) -> int:
    for file in stale:
        print(f"{file}: out of date; `make generate` writes it anew", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
