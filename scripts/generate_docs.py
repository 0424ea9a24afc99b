"""Writes the reference pages under `docs/` from the code that they describe, or checks that they are up to date."""

import sys
from pathlib import Path

import generated
from reference import headers, metrics, modeldeployment, operator_settings, reasons, settings

DOCS = Path(__file__).parents[1] / "docs"

PAGES: generated.Texts = {
    "headers.md": headers.page,
    "metrics.md": metrics.page,
    "modeldeployment.md": modeldeployment.page,
    "operator.md": operator_settings.page,
    "reasons.md": reasons.page,
    "settings.md": settings.page,
}


if __name__ == "__main__":
    sys.exit(generated.run(__doc__, folder=DOCS, texts=PAGES))
