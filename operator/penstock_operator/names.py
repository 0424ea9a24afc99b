"""Names, labels and content hashes of everything made for a ModelDeployment. Pure.

Invariant: `metadata.name` has at most 40 characters, so every name here is a DNS label without being cut, and no two
ModelDeployments of a namespace give the same name to objects of one kind.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final, Literal

Component = Literal["worker", "model", "prepare"]

MANAGER: Final = "penstock"
HASH_LENGTH: Final = 8
MAX_ATTEMPT: Final = 99_999
"""What fits behind the longest name: an attempt a minute for more than two months."""


def consumer_group(namespace: str, name: str) -> str:
    return f"model.{namespace}.{name}"


def content_hash(content: object) -> str:
    """Equal for equal JSON documents, whatever the order of their keys."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:HASH_LENGTH]


def worker(name: str) -> str:
    """The worker Deployment and what goes with it: ScaledObject, PodDisruptionBudget, NetworkPolicy, PodMonitor."""
    return f"{name}-worker"


def model(name: str) -> str:
    """The Deployment and the headless Service of a model with placement Service."""
    return f"{name}-model"


def kafka_config(name: str, revision: str) -> str:
    return f"{name}-kafka-{revision}"


def worker_config(name: str, revision: str) -> str:
    return f"{name}-worker-{revision}"


def trigger_authentication(name: str, revision: str) -> str:
    return f"{name}-{revision}"


def prepare_job(name: str, revision: str, attempt: int) -> str:
    if not 1 <= attempt <= MAX_ATTEMPT:
        raise ValueError(f"attempt {attempt} is not between 1 and {MAX_ATTEMPT}")
    return f"{name}-prepare-{revision}-{attempt}"


def selector(name: str, component: Component) -> Mapping[str, str]:
    """The labels that never change, since a Deployment's selector cannot."""
    return {
        "app.kubernetes.io/name": "penstock",
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/component": component,
    }


def labels(name: str, component: Component) -> Mapping[str, str]:
    return {**selector(name, component), "app.kubernetes.io/managed-by": MANAGER}
