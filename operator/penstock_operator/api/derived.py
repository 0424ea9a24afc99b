"""The derived defaults that rules depend on, each beside its CEL form. All the others are in `defaults.py`."""

from typing import Literal

Placement = Literal["Sidecar", "Service", "External", "Embedded"]

PLACEMENT_CEL = (
    "(has(self.placement) ? self.placement"
    " : has(self.entrypoint) ? 'Embedded' : has(self.url) ? 'External' : 'Sidecar')"
)
"""With `self` at `spec.model`."""

ERROR_TOPIC_SUFFIX = ".errors"

WORKER_PORT = 8089
"""Where a worker serves its health and metrics; a model beside it shares the pod's network."""


def placement_of(placement: Placement | None, *, entrypoint: str | None, url: str | None) -> Placement:
    if placement is not None:
        return placement
    if entrypoint is not None:
        return "Embedded"
    return "Sidecar" if url is None else "External"


def error_topic_of(error: str | None, *, output: str) -> str:
    return output + ERROR_TOPIC_SUFFIX if error is None else error
