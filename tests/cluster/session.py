"""What a test of the cluster may use, whoever brought the cluster up."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster import addresses, commands, images, lifecycle
from cluster.errors import ClusterUnavailableError
from cluster.image_recipes import Image
from cluster.kubectl import Kubectl

EXISTING = "existing"


@dataclass(frozen=True, slots=True)
class Images:
    """References that the node has, or can pull."""

    worker: str
    operator: str
    model: str
    model_as_root: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """`broker_host` is where a broker of this machine must listen to be reached by pods; `enter` starts its command."""

    kubectl: Kubectl
    images: Images
    broker_host: str
    enter: tuple[str, ...] = ()


def uses_existing(environment: Mapping[str, str]) -> bool:
    return environment.get("CLUSTER") == EXISTING


def existing(environment: Mapping[str, str]) -> Cluster:
    """From CLUSTER_* variables and KUBECONFIG. Raises `ClusterUnavailableError` that names what is missing."""
    wanted = {field: f"CLUSTER_{field.upper()}_IMAGE" for field in Images.__slots__}
    missing = [name for name in (*wanted.values(), "KUBECONFIG", "CLUSTER_BROKER_HOST") if not environment.get(name)]
    if missing:
        raise ClusterUnavailableError(f"CLUSTER=existing needs {', '.join(missing)} set as well")
    kubectl = Kubectl(Path(commands.find("kubectl") or "kubectl"), Path(environment["KUBECONFIG"]))
    references = Images(**{field: environment[name] for field, name in wanted.items()})
    return Cluster(kubectl, references, environment["CLUSTER_BROKER_HOST"])


def ensure_available() -> None:
    """Everything slow, so that bringing the cluster up takes seconds."""
    if not uses_existing(os.environ):
        lifecycle.ensure_available()
        lifecycle.ensure_images(_ours())


@contextmanager
def running() -> Iterator[Cluster]:
    """The cluster of `make cluster` where it runs; otherwise one that ends with this. Or CLUSTER=existing."""
    if uses_existing(os.environ):
        yield existing(os.environ)
        return
    brought_up = lifecycle.up()
    try:
        lifecycle.image_store().load(_ours())
        references = Images(*(image.reference for image in _ours()))
        yield Cluster(lifecycle.kubectl(), references, addresses.NODE, addresses.ENTER)
    finally:
        if brought_up:
            lifecycle.down()


def _ours() -> tuple[Image, ...]:
    return images.worker(), images.operator(), images.model(), images.model_as_root()
