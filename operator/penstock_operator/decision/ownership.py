"""Whose an object is that bears one of our names. Pure.

Invariant: only what this very ModelDeployment controls, by UID, is ever changed or deleted.
"""

from enum import Enum

from penstock_operator.api.v1alpha1 import GROUP, KIND
from penstock_operator.observed import Manifest


class Ownership(Enum):
    OURS = "controlled by this resource"
    GOING = "ours, but being deleted"
    PREDECESSORS = "controlled by an earlier resource of the same name; the garbage collector takes it"
    FOREIGN = "somebody else's"


def ownership_of(child: Manifest, *, name: str, uid: str) -> Ownership:
    controller = _controller(child)
    if controller is None or not _is_model_deployment(controller, name):
        return Ownership.FOREIGN
    if controller.get("uid") != uid:
        return Ownership.PREDECESSORS
    return Ownership.GOING if child["metadata"].get("deletionTimestamp") else Ownership.OURS


def _controller(child: Manifest) -> Manifest | None:
    references = child["metadata"].get("ownerReferences") or ()
    return next((reference for reference in references if reference.get("controller")), None)


def _is_model_deployment(controller: Manifest, name: str) -> bool:
    """Any version of the API will do."""
    group = str(controller.get("apiVersion", "")).partition("/")[0]
    return group == GROUP and controller.get("kind") == KIND and controller.get("name") == name
