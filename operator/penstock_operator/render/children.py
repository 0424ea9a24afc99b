"""All children of a ModelDeployment at once, as they are once its first pre-flight has passed. Pure."""

from typing import Final

from penstock_operator import defaults
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.options import Options
from penstock_operator.render.config_maps import kafka_config_map, worker_config_map
from penstock_operator.render.model_deployment import model_deployment, model_service
from penstock_operator.render.network_policy import model_network_policy, worker_network_policy
from penstock_operator.render.owner import Manifest, Owner
from penstock_operator.render.pod_disruption_budget import model_disruption_budget, worker_disruption_budget
from penstock_operator.render.pod_monitor import pod_monitor
from penstock_operator.render.prepare_job import prepare_job
from penstock_operator.render.revision import KafkaRevision
from penstock_operator.render.scaled_object import scaled_object
from penstock_operator.render.settings import render_worker
from penstock_operator.render.trigger_authentication import trigger_authentication
from penstock_operator.render.worker_deployment import worker_deployment

UNKNOWN_UID: Final = "00000000-0000-0000-0000-000000000000"
"""Of a resource that is in a file only."""

DEFAULT_NAMESPACE: Final = "default"


def render_all(deployment: ModelDeployment, options: Options) -> list[Manifest]:
    """In the order in which they are applied; the pre-flight's Job is its first attempt."""
    owner = owner_of(deployment)
    revision = KafkaRevision.of_spec(deployment, namespace=owner.namespace)
    worker_config = worker_config_map(owner, render_worker(deployment, namespace=owner.namespace))
    worker_config_name = worker_config["metadata"]["name"]
    job = prepare_job(
        deployment, owner, options, revision, worker_config_name=worker_config_name, attempt=1, mode="apply"
    )
    worker = worker_deployment(deployment, owner, options, revision, worker_config_name=worker_config_name)
    return [
        kafka_config_map(owner, revision),
        worker_config,
        job,
        *_served(deployment, owner, options),
        worker,
        *_scaled(deployment, owner, revision),
        *_guarded(deployment, owner, options),
    ]


def owner_of(deployment: ModelDeployment) -> Owner:
    metadata = deployment.metadata
    return Owner(metadata.namespace or DEFAULT_NAMESPACE, metadata.name, metadata.uid or UNKNOWN_UID)


def _served(deployment: ModelDeployment, owner: Owner, options: Options) -> list[Manifest]:
    if not _is_service(deployment):
        return []
    return [model_service(deployment, owner), model_deployment(deployment, owner, options)]


def _scaled(deployment: ModelDeployment, owner: Owner, revision: KafkaRevision) -> list[Manifest]:
    if deployment.spec.scaling.mode == "Fixed":
        return []
    authentication = trigger_authentication(owner, revision)
    scaled = scaled_object(deployment, owner, revision, paused=deployment.spec.paused, verified=True)
    return [*([] if authentication is None else [authentication]), scaled]


def _guarded(deployment: ModelDeployment, owner: Owner, options: Options) -> list[Manifest]:
    budgets = [worker_disruption_budget(owner)]
    policies = [worker_network_policy(owner)]
    if _is_service(deployment):
        budgets.append(model_disruption_budget(owner))
        policies.append(model_network_policy(deployment, owner))
    return [
        *budgets,
        *(policies if options.network_policy else []),
        *([pod_monitor(owner)] if options.pod_monitor else []),
    ]


def _is_service(deployment: ModelDeployment) -> bool:
    return defaults.placement(deployment.spec.model) == "Service"
