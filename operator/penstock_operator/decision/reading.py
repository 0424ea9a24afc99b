"""A ModelDeployment as the API server has it, to the models of `api/`. Pure.

Spec and status apart: whatever somebody wrote into the status must not make the spec unreadable.
"""

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from penstock_operator.api.status import Status
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.files.problems import find_problems
from penstock_operator.observed import Manifest

MAX_PROBLEMS: Final = 5

_READ_METADATA: Final = frozenset({"name", "namespace", "uid", "generation"})
"""The rest is Kubernetes', which may add to it."""


class SpecUnreadable(Exception):  # noqa: N818 - a verdict on the user's spec, not a fault of the program
    """The API server took what this operator's models refuse. Its text names the fields, at most `MAX_PROBLEMS`."""


def read_deployment(resource: Manifest) -> ModelDeployment:
    """Raises `SpecUnreadable`."""
    metadata = {key: value for key, value in resource["metadata"].items() if key in _READ_METADATA}
    document = {**{key: value for key, value in resource.items() if key != "status"}, "metadata": metadata}
    try:
        return ModelDeployment.model_validate(document)
    except ValidationError as error:
        problems = [str(problem) for problem in find_problems(error, ModelDeployment)]
        more = [f"and {len(problems) - MAX_PROBLEMS} more"] if len(problems) > MAX_PROBLEMS else []
        raise SpecUnreadable("; ".join(problems[:MAX_PROBLEMS] + more)) from error


def read_status(resource: Manifest) -> Status:
    """What an operator wrote before; nothing, where that cannot be read."""
    status = resource.get("status")
    try:
        return Status.model_validate(status) if isinstance(status, Mapping) else Status()
    except ValidationError:
        return Status()
