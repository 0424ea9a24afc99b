"""The defaults that depend on other fields. Pure: a ModelDeployment in, the value that counts out.

Defaults that depend on nothing are in the schema. Those that the worker derives as well (window, drain) are the same
there; the contract test holds them together.
"""

import re
from typing import Final

from penstock_operator import names
from penstock_operator.api.delivery import Delivery
from penstock_operator.api.derived import Placement, error_topic_of, placement_of
from penstock_operator.api.kafka import KafkaClient, Topics
from penstock_operator.api.metadata import Metadata
from penstock_operator.api.model import Model
from penstock_operator.api.scaling import Scaling
from penstock_operator.api.v1alpha1 import ModelDeployment

PORTS: Final = {
    ("JSON", "REST"): 8080,
    ("TensorFlow", "REST"): 8501,
    ("TensorFlow", "GRPC"): 8500,
    ("Seldon", "REST"): 9000,
    ("Seldon", "GRPC"): 5000,
    ("OpenInference", "REST"): 8080,
    ("OpenInference", "GRPC"): 8081,
}

_PATHS: Final = {
    "JSON": "/predict",
    "TensorFlow": "/v1/models/{name}:predict",
    "Seldon": "/api/v1.0/predictions",
    "OpenInference": "/v2/models/{name}/infer",
}

# What a prediction path ends in, and what stands there in the path whose 2xx says that the model is ready.
_READINESS_ENDINGS: Final = {"TensorFlow": (":predict", ""), "OpenInference": ("/infer", "/ready")}

DIGEST_DIGITS: Final = 12
DRAIN_MARGIN_SECONDS: Final = 10
"""A draining worker waits for a request that was sent just before."""
GRACE_MARGIN_SECONDS: Final = 20
"""After the drain: flush, commit, leave the group."""
DEFAULT_WINDOW_RECORDS: Final = 2000


def placement(model: Model) -> Placement:
    return placement_of(model.placement, entrypoint=model.entrypoint, url=model.url)


def model_name(deployment: ModelDeployment) -> str:
    return deployment.spec.model.name or deployment.metadata.name


def model_version(model: Model) -> str:
    """The version given, else the image's tag, else the first digits of its digest; `latest` as Kubernetes reads it."""
    if model.version is not None:
        return model.version
    reference, _, digest = (model.image or "").partition("@")
    _, _, tag = reference.rpartition("/")[2].partition(":")
    return tag or digest.partition(":")[2][:DIGEST_DIGITS] or "latest"


def model_port(model: Model) -> int:
    return PORTS[model.protocol, model.transport] if model.port is None else model.port


def model_path(deployment: ModelDeployment) -> str:
    """Where a prediction is asked for, below the model's host; empty for gRPC, whose services have fixed names."""
    model = deployment.spec.model
    if model.transport == "GRPC":
        return ""
    given = model.path if model.url is None else _split(model.url)[1]
    return given or _PATHS[model.protocol].format(name=model_name(deployment))


def model_url(deployment: ModelDeployment, *, namespace: str) -> str:
    """Where the worker calls the model; empty for Embedded, which is not called over a network."""
    if placement(deployment.spec.model) == "Embedded":
        return ""
    return _origin(deployment, namespace=namespace) + model_path(deployment)


def _origin(deployment: ModelDeployment, *, namespace: str) -> str:
    model = deployment.spec.model
    if model.url is not None:
        return _split(model.url)[0]
    service = f"{names.model(deployment.metadata.name)}.{namespace}.svc"
    host = service if placement(model) == "Service" else "127.0.0.1"
    return f"http://{host}:{model_port(model)}"


def _split(url: str) -> tuple[str, str]:
    """Origin and path. The form of the url is checked where it enters."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority}", slash + path


def readiness_path(deployment: ModelDeployment) -> str:
    """The path, at the host and port that predictions are asked at, whose 2xx proves the model alive; else empty."""
    model = deployment.spec.model
    if placement(model) == "Embedded" or model.transport == "GRPC":
        return ""
    probe = model.readiness_probe.http_get if model.readiness_probe else None
    if probe is not None:
        return probe.path if probe.port in (None, _called_port(model)) else ""
    return _known_readiness_path(model.protocol, model_path(deployment))


def _called_port(model: Model) -> int:
    if model.url is None:
        return model_port(model)
    origin, _ = _split(model.url)
    port = re.search(r":([0-9]+)$", origin)
    return int(port[1]) if port else 443 if origin.startswith("https:") else 80


def _known_readiness_path(protocol: str, path: str) -> str:
    """Made from the prediction path, so that prefixes and model versions in it are kept."""
    ending, ready = _READINESS_ENDINGS.get(protocol, ("", ""))
    return path.removesuffix(ending) + ready if ending and path.endswith(ending) else ""


def model_replicas(model: Model) -> int:
    return 1 if model.replicas is None else model.replicas


def worker_replicas(scaling: Scaling) -> int:
    """How many workers `mode: Fixed` wants."""
    return 1 if scaling.replicas is None else scaling.replicas


def consumer_group(kafka: KafkaClient, metadata: Metadata, *, namespace: str) -> str:
    return kafka.consumer_group or names.consumer_group(namespace, metadata.name)


def error_topic(topics: Topics) -> str:
    return error_topic_of(topics.error, output=topics.output)


def window_records(delivery: Delivery) -> int:
    """The replay bound: the most records taken and not committed."""
    if delivery.max_in_flight_records is not None:
        return delivery.max_in_flight_records
    return max(DEFAULT_WINDOW_RECORDS, 4 * delivery.concurrency * delivery.batch.max_records)


def drain_seconds(delivery: Delivery) -> int:
    if delivery.drain_timeout_seconds is not None:
        return delivery.drain_timeout_seconds
    return delivery.timeout_seconds + DRAIN_MARGIN_SECONDS


def grace_seconds(delivery: Delivery) -> int:
    """The pod's terminationGracePeriodSeconds."""
    return drain_seconds(delivery) + GRACE_MARGIN_SECONDS
