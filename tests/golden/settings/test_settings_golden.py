"""What a worker is told, byte for byte. `PENSTOCK_UPDATE_GOLDEN=1` writes the files anew; read the difference."""

import json
from pathlib import Path
from typing import Any

import pytest

from penstock_operator.files.documents import read_documents
from penstock_operator.render.settings import render_kafka, render_worker
from support.custom_resources.documents import FIRST_FILE
from support.golden import assert_golden

HERE = Path(__file__).parent
CASES = {"first": FIRST_FILE} | {case: HERE / f"{case}.yaml" for case in ("everything", "external", "embedded")}


@pytest.mark.parametrize("case", CASES)
def test_rendered_settings_are_as_reviewed(case: str) -> None:
    (deployment,) = read_documents(CASES[case].read_text(), file=CASES[case].name).model_deployments
    namespace = deployment.metadata.namespace or "default"

    assert_golden(HERE / f"{case}.kafka.json", as_text(render_kafka(deployment, namespace=namespace)))
    assert_golden(HERE / f"{case}.worker.json", as_text(render_worker(deployment, namespace=namespace)))


def as_text(settings: dict[str, Any]) -> str:
    return json.dumps(settings, indent=2) + "\n"
