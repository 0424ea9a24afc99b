"""Rules of containers, volumes and pod templates: what would fail late in Kubernetes, and what is Penstock's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from penstock_operator.api.rules.given import has, has_any, has_any_cel, has_one, has_one_cel
from penstock_operator.api.rules.rule import Rule

if TYPE_CHECKING:
    from penstock_operator.api.container import EnvFrom, EnvSource, EnvVar, Probe, Resources, SecurityContext
    from penstock_operator.api.pod import PodTemplate
    from penstock_operator.api.volumes import Volume, VolumeMount

_ENV_SOURCES = ("configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef")

ONE_ENV_SOURCE: Final[Rule[EnvSource]] = Rule(
    name="one-env-source",
    field="",
    cel=has_one_cel(_ENV_SOURCES),
    message=f"must have exactly one of {', '.join(_ENV_SOURCES)}",
    holds=lambda source: has_one(source, _ENV_SOURCES),
)

VALUE_OR_VALUE_FROM: Final[Rule[EnvVar]] = Rule(
    name="value-or-value-from",
    field="valueFrom",
    cel="!(has(self.value) && has(self.valueFrom))",
    message="and value exclude each other; remove one",
    holds=lambda env: not (has(env, "value") and has(env, "valueFrom")),
)

ONE_ENV_FROM_SOURCE: Final[Rule[EnvFrom]] = Rule(
    name="one-env-from-source",
    field="",
    cel=has_one_cel(("configMapRef", "secretRef")),
    message="must have exactly one of configMapRef, secretRef",
    holds=lambda source: has_one(source, ("configMapRef", "secretRef")),
)

_PROBES = ("httpGet", "tcpSocket", "grpc", "exec")

ONE_PROBE: Final[Rule[Probe]] = Rule(
    name="one-probe",
    field="",
    cel=f"!{has_any_cel(_PROBES)} || {has_one_cel(_PROBES)}",
    message=f"must have at most one of {', '.join(_PROBES)}; with none it connects to the model's port",
    holds=lambda probe: not has_any(probe, _PROBES) or has_one(probe, _PROBES),
)

_KEY_LENGTH = 317  # a label key: a DNS name of 253 characters, a slash, 63 more


def _keys_bounded_cel(*maps: str) -> str:
    return " && ".join(f"(!has(self.{name}) || self.{name}.all(key, size(key) <= {_KEY_LENGTH}))" for name in maps)


RESOURCE_NAMES_BOUNDED: Final[Rule[Resources]] = Rule(
    name="resource-names-bounded",
    field="",
    cel=_keys_bounded_cel("requests", "limits"),
    message=f"names of resources have at most {_KEY_LENGTH} characters",
    holds=lambda resources: all(len(key) <= _KEY_LENGTH for key in [*resources.requests, *resources.limits]),
)

ROOT_IS_NOT_NON_ROOT: Final[Rule[SecurityContext]] = Rule(
    name="root-is-not-non-root",
    field="runAsUser",
    cel="!has(self.runAsUser) || self.runAsUser != 0 || !self.runAsNonRoot",
    message="0 is root, which runAsNonRoot refuses; give another user, or runAsNonRoot: false",
    holds=lambda context: context.run_as_user != 0 or not context.run_as_non_root,
)

_VOLUME_SOURCES = ("emptyDir", "configMap", "secret", "persistentVolumeClaim")

ONE_VOLUME_SOURCE: Final[Rule[Volume]] = Rule(
    name="one-volume-source",
    field="",
    cel=has_one_cel(_VOLUME_SOURCES),
    message=f"must have exactly one of {', '.join(_VOLUME_SOURCES)}",
    holds=lambda volume: has_one(volume, _VOLUME_SOURCES),
)

_RESERVED_VOLUMES = "penstock-"

VOLUME_NAME_NOT_RESERVED: Final[Rule[Volume]] = Rule(
    name="volume-name-not-reserved",
    field="name",
    cel=f"!self.name.startsWith('{_RESERVED_VOLUMES}')",
    message=f"names beginning with {_RESERVED_VOLUMES} are Penstock's own; choose another",
    holds=lambda volume: not volume.name.startswith(_RESERVED_VOLUMES),
)

_RESERVED_PATH = "/etc/penstock"

MOUNT_PATH_NOT_RESERVED: Final[Rule[VolumeMount]] = Rule(
    name="mount-path-not-reserved",
    field="mountPath",
    cel=f"!(self.mountPath + '/').startsWith('{_RESERVED_PATH}/')",
    message=f"{_RESERVED_PATH} is Penstock's own; mount the volume elsewhere",
    holds=lambda mount: not f"{mount.mount_path}/".startswith(f"{_RESERVED_PATH}/"),
)

_RESERVED_LABELS = "app.kubernetes.io/"

LABELS_NOT_RESERVED: Final[Rule[PodTemplate]] = Rule(
    name="labels-not-reserved",
    field="labels",
    cel=f"!has(self.labels) || !self.labels.exists(key, key.startsWith('{_RESERVED_LABELS}'))",
    message=f"{_RESERVED_LABELS}* are how Penstock finds its pods; use keys of your own",
    holds=lambda template: not any(key.startswith(_RESERVED_LABELS) for key in template.labels),
)

TEMPLATE_KEYS_BOUNDED: Final[Rule[PodTemplate]] = Rule(
    name="template-keys-bounded",
    field="",
    cel=_keys_bounded_cel("labels", "annotations", "nodeSelector"),
    message=f"keys of labels, annotations and nodeSelector have at most {_KEY_LENGTH} characters",
    holds=lambda template: all(
        len(key) <= _KEY_LENGTH for key in [*template.labels, *template.annotations, *template.node_selector]
    ),
)
