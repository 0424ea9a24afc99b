"""The status as it is written: camelCase, nothing that is unset. Pure."""

from typing import Any

from penstock_operator import defaults
from penstock_operator.api.status import KafkaStatus, WorkersStatus
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.observed import Manifest


def status_document(
    deployment: ModelDeployment,
    conditions: list[dict[str, Any]],
    *,
    replicas: int,
    kafka: KafkaStatus,
    workers: WorkersStatus,
) -> Manifest:
    """Conditions first, where people look first. `replicas` are the workers that are ready."""
    model = {"name": defaults.model_name(deployment), "version": defaults.model_version(deployment.spec.model)}
    document = {
        "conditions": conditions,
        "observedGeneration": deployment.metadata.generation,
        "replicas": replicas,
        "model": model,
        "kafka": kafka.model_dump(mode="json", by_alias=True, exclude_none=True),
        "workers": workers.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
    return {name: value for name, value in document.items() if value not in (None, {})}
