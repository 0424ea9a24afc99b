"""The worker's two settings files, from a ModelDeployment. Pure.

Only keys that differ from the worker's own default are written: a key that a newer worker knows reaches only those who
set it, so an older worker keeps running for all the others. Leaving out what equals the default of the custom resource
does that, because both have the same defaults; the operator must not import the worker, so a contract test proves it.
"""

from typing import Any, Final

from penstock_operator import defaults
from penstock_operator.api.base import ApiModel
from penstock_operator.api.v1alpha1 import ModelDeployment

Settings = dict[str, Any]

SETTINGS_VERSION: Final = 1

_KAFKA_KEYS: Final = {
    "start_from",
    "create_topics",
    "tls",
    "sasl",
    "schema_registry",
    "consumer_config",
    "producer_config",
}


def render_kafka(deployment: ModelDeployment, *, namespace: str) -> Settings:
    """`kafka.json`: a revision of its own, which the pre-flight must pass before a worker sees it."""
    kafka = deployment.spec.kafka
    return {
        **_head(deployment, namespace),
        "bootstrapServers": list(kafka.bootstrap_servers),
        "consumerGroup": defaults.consumer_group(kafka, deployment.metadata, namespace=namespace),
        "topics": {
            "input": kafka.topics.input,
            "output": kafka.topics.output,
            "error": defaults.error_topic(kafka.topics),
        },
        **_unlike_default(kafka, _KAFKA_KEYS),
    }


def render_worker(deployment: ModelDeployment, *, namespace: str) -> Settings:
    """`worker.json`: everything else."""
    spec = deployment.spec
    return {
        **_head(deployment, namespace),
        "model": _model(deployment, namespace),
        **_unlike_default(spec, {"delivery", "prediction_log"}),
        **_unlike_default(spec.worker, {"log_level"}),
    }


def _head(deployment: ModelDeployment, namespace: str) -> Settings:
    return {
        "settingsVersion": SETTINGS_VERSION,
        "deployment": {"namespace": namespace, "name": deployment.metadata.name},
    }


def _model(deployment: ModelDeployment, namespace: str) -> Settings:
    model = deployment.spec.model
    derived = {
        "url": defaults.model_url(deployment, namespace=namespace),
        "readinessPath": defaults.readiness_path(deployment),
        "external": defaults.placement(model) == "External",
    }
    return {
        "name": defaults.model_name(deployment),
        "version": defaults.model_version(model),
        **_unlike_default(model, {"protocol", "transport", "entrypoint"}),
        **{key: value for key, value in derived.items() if value},
    }


def _unlike_default(part: ApiModel, fields: set[str]) -> Settings:
    return part.model_dump(mode="json", by_alias=True, include=fields, exclude_defaults=True)
