"""The Prometheus operator's PodMonitor: where the workers' metrics are. Pure."""

from penstock_operator import names
from penstock_operator.render.owner import Manifest, Owner


def pod_monitor(owner: Owner) -> Manifest:
    spec = {
        "selector": {"matchLabels": dict(names.selector(owner.name, "worker"))},
        "podMetricsEndpoints": [{"port": "metrics", "path": "/metrics"}],
    }
    return owner.child("PodMonitor", names.worker(owner.name), "worker", spec=spec)
