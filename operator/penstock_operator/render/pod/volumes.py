"""Volumes: the settings with the Secrets they name, scratch space, and the model's own. Pure."""

from itertools import groupby
from typing import Final

from penstock_operator import names
from penstock_operator.api.model import Model
from penstock_operator.render.config_maps import WORKER_FILE
from penstock_operator.render.owner import Manifest, Owner
from penstock_operator.render.pod.quantity import canonical
from penstock_operator.render.revision import KAFKA_FILE, KafkaRevision

SETTINGS: Final = "penstock-settings"
SETTINGS_PATH: Final = "/etc/penstock"
SECRETS_FOLDER: Final = "secrets"

BRIDGE_SCRATCH: Final = "penstock-tmp"
MODEL_SCRATCH: Final = "penstock-model-tmp"
SCRATCH_PATH: Final = "/tmp"  # noqa: S108 - in the container, where it is the only place that is always writable

_OWNER_AND_GROUP_READ: Final = 0o440


def settings_volume(owner: Owner, revision: KafkaRevision, worker_config_name: str) -> Manifest:
    """Both files and every Secret in one volume, so that they change together.

    Secrets are optional: a pod that waits for a missing one says nothing at all, while a program that starts without
    it can name it.
    """
    sources = [
        _config_source(names.kafka_config(owner.name, revision.hash), KAFKA_FILE),
        _config_source(worker_config_name, WORKER_FILE),
        *_secret_sources(revision),
    ]
    return {"name": SETTINGS, "projected": {"defaultMode": _OWNER_AND_GROUP_READ, "sources": sources}}


def _config_source(name: str, file: str) -> Manifest:
    return {"configMap": {"name": name, "items": [{"key": file, "path": file}]}}


def _secret_sources(revision: KafkaRevision) -> list[Manifest]:
    """Where the worker looks: `<secret>/<key>`."""
    return [
        {
            "secret": {
                "name": secret,
                "optional": True,
                "items": [{"key": key.key, "path": f"{SECRETS_FOLDER}/{secret}/{key.key}"} for key in keys],
            }
        }
        for secret, keys in groupby(revision.secret_keys(), key=lambda key: key.secret_name)
    ]


def settings_mount() -> Manifest:
    return {"name": SETTINGS, "mountPath": SETTINGS_PATH, "readOnly": True}


def scratch_volume(name: str) -> Manifest:
    return {"name": name, "emptyDir": {}}


def scratch_mount(name: str) -> Manifest:
    return {"name": name, "mountPath": SCRATCH_PATH}


def model_scratch(model: Model, name: str) -> list[Manifest]:
    return [] if _has_own_scratch(model) else [scratch_volume(name)]


def model_volumes(model: Model) -> list[Manifest]:
    volumes: list[Manifest] = [
        volume.model_dump(mode="json", by_alias=True, exclude_defaults=True) for volume in model.volumes
    ]
    for volume in volumes:
        if "sizeLimit" in volume.get("emptyDir", {}):
            volume["emptyDir"]["sizeLimit"] = canonical(volume["emptyDir"]["sizeLimit"])
    return volumes


def model_mounts(model: Model, *, scratch: str) -> list[Manifest]:
    own = [mount.model_dump(mode="json", by_alias=True, exclude_defaults=True) for mount in model.volume_mounts]
    return own if _has_own_scratch(model) else [scratch_mount(scratch), *own]


def _has_own_scratch(model: Model) -> bool:
    """Whether the user mounts something of their own there."""
    return any(mount.mount_path.rstrip("/") == SCRATCH_PATH for mount in model.volume_mounts)
