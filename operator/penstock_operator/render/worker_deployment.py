"""The workers' Deployment. Pure. Never with `replicas`: an owned field that is dropped again resets them to 1."""

from collections.abc import Mapping
from typing import Any, Final

from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.options import Options
from penstock_operator.render.owner import Manifest, Owner
from penstock_operator.render.revision import KafkaRevision

KAFKA_REVISION: Final = "serving.penstock.dev/kafka-revision"
"""Annotation of the pod template: the revision that these pods run on."""


def worker_deployment(
    deployment: ModelDeployment, owner: Owner, options: Options, revision: KafkaRevision, *, worker_config_name: str
) -> Manifest:
    raise NotImplementedError


def kafka_revision_of(worker_deployment: Mapping[str, Any]) -> str | None:
    """The revision's hash, from a live Deployment or a ReplicaSet of it; None where there is none."""
    metadata = worker_deployment.get("spec", {}).get("template", {}).get("metadata", {})
    revision = (metadata.get("annotations") or {}).get(KAFKA_REVISION)
    return revision if isinstance(revision, str) else None
