"""Writes the CustomResourceDefinitions under `crds/` from the models they describe, or checks that they are current."""

import sys
from pathlib import Path

import generated
from crd import definition

CRDS = Path(__file__).parents[1] / "crds"


if __name__ == "__main__":
    sys.exit(generated.run(__doc__, folder=CRDS, texts={definition.FILE: definition.text}))
