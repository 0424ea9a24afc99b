"""Children of a document, by kind."""

from typing import Any

from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.options import Options
from penstock_operator.render.children import owner_of, render_all
from penstock_operator.render.owner import Manifest
from penstock_operator.render.revision import KafkaRevision
from support.custom_resources.documents import Document, with_spec

OPTIONS = Options(worker_image="registry.example/penstock-worker:0.1.0", operator_version="0.1.0")


def deployment_with(patch: Document) -> ModelDeployment:
    """The first document with its spec changed, read."""
    return ModelDeployment.model_validate(with_spec(patch))


def rendered(kind: str, patch: Document, *, options: Options = OPTIONS, name: str | None = None) -> Manifest:
    """The one child of that kind, or of that kind and name."""
    (child,) = (
        child
        for child in render_all(deployment_with(patch), options)
        if child["kind"] == kind and name in (None, child["metadata"]["name"])
    )
    return child


def worker_pod(patch: Document, *, options: Options = OPTIONS) -> dict[str, Any]:
    pod: dict[str, Any] = rendered("Deployment", patch, options=options, name="fraud-worker")["spec"]["template"]
    return pod


def revision_of(patch: Document) -> KafkaRevision:
    deployment = deployment_with(patch)
    return KafkaRevision.of_spec(deployment, namespace=owner_of(deployment).namespace)
