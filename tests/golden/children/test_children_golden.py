"""What a ModelDeployment becomes, byte for byte. `PENSTOCK_UPDATE_GOLDEN=1` writes anew; read the difference."""

from pathlib import Path

import pytest

from penstock_operator.files.documents import read_documents
from penstock_operator.files.yaml_text import dump_documents
from penstock_operator.options import Options
from penstock_operator.render.children import render_all
from support.custom_resources.documents import FIRST_FILE
from support.golden import assert_golden

HERE = Path(__file__).parent
SPECIFICATIONS = {"first": FIRST_FILE} | {
    file.stem: file for file in sorted(HERE.glob("*.yaml")) if not file.stem.endswith(".children")
}

PLAIN = Options(worker_image="registry.example/penstock-worker:0.1.0", operator_version="0.1.0")
FULL = Options(
    worker_image="registry.example/penstock-worker:0.1.0",
    operator_version="0.1.0",
    worker_image_pull_policy="Always",
    openshift=True,
    network_policy=True,
    pod_monitor=True,
)


@pytest.mark.parametrize("case", SPECIFICATIONS)
def test_rendered_children_are_as_reviewed(case: str) -> None:
    (deployment,) = read_documents(SPECIFICATIONS[case].read_text(), file=f"{case}.yaml").model_deployments
    options = FULL if case in ("everything", "service") else PLAIN

    assert_golden(HERE / f"{case}.children.yaml", dump_documents(render_all(deployment, options)))
