"""Rules of `spec.model`: one source that fits the placement, and nothing that the placement would ignore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from penstock_operator.api.derived import PLACEMENT_CEL, WORKER_PORT, Placement, placement_of
from penstock_operator.api.rules.given import has, has_any, has_any_cel
from penstock_operator.api.rules.rule import Rule

if TYPE_CHECKING:
    from penstock_operator.api.model import Model


def _placement(model: Model) -> Placement:
    return placement_of(model.placement, entrypoint=model.entrypoint, url=model.url)


IMAGE_FITS_PLACEMENT: Final[Rule[Model]] = Rule(
    name="image-fits-placement",
    field="image",
    cel=f"has(self.image) == ({PLACEMENT_CEL} != 'External')",
    message="is what Sidecar, Service and Embedded run, and External has none; give an image, or the url of a model "
    "that somebody else runs, not both",
    holds=lambda model: has(model, "image") == (_placement(model) != "External"),
)

URL_WITH_EXTERNAL: Final[Rule[Model]] = Rule(
    name="url-with-external",
    field="url",
    cel=f"has(self.url) == ({PLACEMENT_CEL} == 'External')",
    message="goes with placement: External, and only with it; give the url there, or remove it",
    holds=lambda model: has(model, "url") == (_placement(model) == "External"),
)

ENTRYPOINT_WITH_EMBEDDED: Final[Rule[Model]] = Rule(
    name="entrypoint-with-embedded",
    field="entrypoint",
    cel=f"has(self.entrypoint) == ({PLACEMENT_CEL} == 'Embedded')",
    message="goes with placement: Embedded, and only with it; give it there as package.module:callable, or remove it",
    holds=lambda model: has(model, "entrypoint") == (_placement(model) == "Embedded"),
)

VERSION_WITH_URL: Final[Rule[Model]] = Rule(
    name="version-with-url",
    field="version",
    cel="!has(self.url) || has(self.version)",
    message="is required with url, since there is no image to read it from",
    holds=lambda model: not has(model, "url") or has(model, "version"),
)

MODEL_REPLICAS_ONLY_SERVICE: Final[Rule[Model]] = Rule(
    name="model-replicas-only-service",
    field="replicas",
    cel=f"!has(self.replicas) || {PLACEMENT_CEL} == 'Service'",
    message="is for placement: Service only; remove it, and set spec.scaling for the number of workers",
    holds=lambda model: not has(model, "replicas") or _placement(model) == "Service",
)

# The readiness probe is not among them: its path tells the worker how to see that the model is back.
_CONTAINER_ONLY = (
    "imagePullPolicy",
    "command",
    "args",
    "env",
    "envFrom",
    "startupProbe",
    "livenessProbe",
    "volumeMounts",
    "volumes",
)

EXTERNAL_HAS_NO_CONTAINER: Final[Rule[Model]] = Rule(
    name="external-has-no-container",
    field="placement",
    cel=f"{PLACEMENT_CEL} != 'External' || !{has_any_cel(_CONTAINER_ONLY)}",
    message=f"External runs no container; remove {', '.join(_CONTAINER_ONLY)}",
    holds=lambda model: _placement(model) != "External" or not has_any(model, _CONTAINER_ONLY),
)

_SERVED_ONLY = ("command", "args", "startupProbe", "readinessProbe", "livenessProbe", "port", "path")

EMBEDDED_SERVES_NOTHING: Final[Rule[Model]] = Rule(
    name="embedded-serves-nothing",
    field="placement",
    cel=f"{PLACEMENT_CEL} != 'Embedded' || !({has_any_cel(_SERVED_ONLY)} || self.transport == 'GRPC')",
    message=f"Embedded is called inside the worker and serves nothing; remove {', '.join(_SERVED_ONLY)} and transport",
    holds=lambda model: (
        _placement(model) != "Embedded" or not (has_any(model, _SERVED_ONLY) or model.transport == "GRPC")
    ),
)

URL_HOLDS_PORT_AND_PATH: Final[Rule[Model]] = Rule(
    name="url-holds-port-and-path",
    field="url",
    cel=f"!has(self.url) || !{has_any_cel(('port', 'path'))}",
    message="holds port and path itself; write them there, and remove spec.model.port and spec.model.path",
    holds=lambda model: not has(model, "url") or not has_any(model, ("port", "path")),
)

GRPC_NEEDS_A_PROTOCOL: Final[Rule[Model]] = Rule(
    name="grpc-needs-a-protocol",
    field="transport",
    cel="self.transport != 'GRPC' || self.protocol != 'JSON'",
    message="GRPC needs a protocol with a gRPC service: TensorFlow, Seldon or OpenInference; JSON is REST only",
    holds=lambda model: model.transport != "GRPC" or model.protocol != "JSON",
)

GRPC_HAS_NO_PATH: Final[Rule[Model]] = Rule(
    name="grpc-has-no-path",
    field="transport",
    cel="self.transport != 'GRPC' || (!has(self.path) && (!has(self.url) || self.url.matches('^https?://[^/]*/?$')))",
    message="GRPC has no path; remove spec.model.path, and the path from spec.model.url",
    holds=lambda model: model.transport != "GRPC" or not (has(model, "path") or _has_path(model.url)),
)


def _has_path(url: str | None) -> bool:
    return url is not None and url.split("://", 1)[1].partition("/")[2] != ""


PORT_NOT_THE_WORKERS: Final[Rule[Model]] = Rule(
    name="port-not-the-workers",
    field="port",
    cel=f"!has(self.port) || self.port != {WORKER_PORT} || {PLACEMENT_CEL} != 'Sidecar'",
    message=f"{WORKER_PORT} is the worker's own in the pod that a Sidecar shares; have the model listen elsewhere",
    holds=lambda model: not has(model, "port") or model.port != WORKER_PORT or _placement(model) != "Sidecar",
)

MOUNTS_NAME_VOLUMES: Final[Rule[Model]] = Rule(
    name="mounts-name-volumes",
    field="volumeMounts",
    cel="!has(self.volumeMounts) || self.volumeMounts.all(mount,"
    " has(self.volumes) && self.volumes.exists(volume, volume.name == mount.name))",
    message="each name must be one of spec.model.volumes; add the volume, or correct the name",
    holds=lambda model: {mount.name for mount in model.volume_mounts} <= {volume.name for volume in model.volumes},
)

ALL: Final = (
    IMAGE_FITS_PLACEMENT,
    URL_WITH_EXTERNAL,
    ENTRYPOINT_WITH_EMBEDDED,
    VERSION_WITH_URL,
    MODEL_REPLICAS_ONLY_SERVICE,
    EXTERNAL_HAS_NO_CONTAINER,
    EMBEDDED_SERVES_NOTHING,
    URL_HOLDS_PORT_AND_PATH,
    GRPC_NEEDS_A_PROTOCOL,
    GRPC_HAS_NO_PATH,
    PORT_NOT_THE_WORKERS,
    MOUNTS_NAME_VOLUMES,
)
