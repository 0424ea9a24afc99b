"""The worker's settings files as immutable ConfigMaps, each named by the hash of what it holds. Pure."""

from collections.abc import Mapping
from typing import Final

from penstock_operator import names
from penstock_operator.render.owner import Manifest, Owner
from penstock_operator.render.revision import KafkaRevision, settings_text
from penstock_operator.render.settings import Settings

WORKER_FILE: Final = "worker.json"


def kafka_config_map(owner: Owner, revision: KafkaRevision) -> Manifest:
    return _config_map(owner, names.kafka_config(owner.name, revision.hash), revision.data)


def worker_config_map(owner: Owner, worker_settings: Settings) -> Manifest:
    data = _worker_data(worker_settings)
    return _config_map(owner, names.worker_config(owner.name, names.content_hash(data)), data)


def worker_config_name(owner: Owner, worker_settings: Settings) -> str:
    return names.worker_config(owner.name, names.content_hash(_worker_data(worker_settings)))


def _worker_data(worker_settings: Settings) -> dict[str, str]:
    return {WORKER_FILE: settings_text(worker_settings)}


def _config_map(owner: Owner, name: str, data: Mapping[str, str]) -> Manifest:
    return owner.child("ConfigMap", name, "worker", immutable=True, data=dict(data))
