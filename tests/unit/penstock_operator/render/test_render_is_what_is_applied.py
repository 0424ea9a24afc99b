"""`render FILE` shows what the operator applies: the children that a resource comes to rest with, each one whole."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.decision.compare import holds
from penstock_operator.observed import ChildKey
from penstock_operator.render.children import render_all
from support.custom_resources.documents import FIRST_FILE, ROOT
from support.rendering import OPTIONS
from support.simulated.world import World

FOLDER = ROOT / "tests" / "golden" / "children"
GUARDED = replace(OPTIONS, network_policy=True, pod_monitor=True)

FILES = [file for file in [FIRST_FILE, *sorted(FOLDER.glob("*.yaml"))] if ".children" not in file.name]
# One that is paused from the start never has workers; its file shows what there would be.
STARTED = [file for file in FILES if file.stem != "paused"]


@pytest.mark.parametrize("file", STARTED, ids=lambda file: file.stem)
def test_what_is_shown_is_what_a_resource_comes_to_rest_with(file: Path) -> None:
    world = World(yaml.safe_load(file.read_text()), options=GUARDED)
    world.settle()

    shown = {
        ChildKey(child["kind"], child["metadata"]["name"]): child
        for child in render_all(ModelDeployment.model_validate(world.resource), GUARDED)
    }
    live = world.api.objects

    assert set(shown) == {key for key, found in live.items() if found["metadata"].get("ownerReferences")}
    for key, child in shown.items():
        assert holds(child, live[key]), key
