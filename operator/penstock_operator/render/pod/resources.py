"""What containers reserve: every one of them something, so that the scheduler and an eviction know its weight. Pure."""

from collections.abc import Mapping
from math import ceil
from typing import Final

from penstock_operator.api.container import Resources
from penstock_operator.api.delivery import Delivery
from penstock_operator.render.owner import Manifest
from penstock_operator.render.pod.quantity import canonical_reserve

MEBIBYTE: Final = 1_048_576
BRIDGE_BASE_BYTES: Final = 128 * MEBIBYTE
"""The interpreter, the Kafka client with its prefetch, and room for a rebalance."""

MODEL_REQUESTS: Final = {"cpu": "100m", "memory": "256Mi"}
PREPARE_REQUESTS: Final = {"cpu": "50m", "memory": "96Mi"}


def bridge_requests(delivery: Delivery) -> Mapping[str, str]:
    """Room for all that may be in flight, and as much again for what handles it."""
    memory = BRIDGE_BASE_BYTES + 2 * delivery.max_in_flight_bytes
    return {"cpu": "100m", "memory": f"{ceil(memory / MEBIBYTE)}Mi"}


def resources(given: Resources, defaults: Mapping[str, str]) -> Manifest:
    """A default only where nothing is said: a limit is a request as well, and a greater request would be refused."""
    requests = {
        name: quantity
        for name, quantity in {**defaults, **given.requests}.items()
        if name in given.requests or name not in given.limits
    }
    parts = {"requests": requests, "limits": given.limits}
    return {
        part: {name: canonical_reserve(quantity) for name, quantity in quantities.items()}
        for part, quantities in parts.items()
        if quantities
    }


def over(upper: Resources, lower: Resources) -> Resources:
    """For a container that is both the worker's and the model's."""
    return Resources(requests={**lower.requests, **upper.requests}, limits={**lower.limits, **upper.limits})
