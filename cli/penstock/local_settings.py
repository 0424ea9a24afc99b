"""What one machine changes in the settings that a cluster would use. Pure; everything else stays as rendered."""

from collections.abc import Mapping
from typing import Any

Settings = Mapping[str, Any]  # the JSON of kafka.json or worker.json


def with_local_topics(kafka: Settings) -> Settings:
    """Where topics may be created at all, the local run creates the input as well: nobody else would."""
    if "createTopics" not in kafka:
        return kafka
    return {**kafka, "createTopics": {**kafka["createTopics"], "includeInput": True}}


def with_embedded_broker(kafka: Settings, address: str) -> Settings:
    """The embedded broker speaks plaintext, knows no users, and answers only half of what the pre-flight asks."""
    kept = {name: value for name, value in kafka.items() if name not in ("tls", "sasl")}
    return {**kept, "bootstrapServers": [address], "tryingOnly": True}


def with_model(worker: Settings, url: str, *, external: bool) -> Settings:
    kept = {name: value for name, value in worker["model"].items() if name != "external"}
    return {**worker, "model": {**kept, "url": url} | ({"external": True} if external else {})}


def with_server_port(worker: Settings, port: int) -> Settings:
    """Where the worker serves `/metrics`, `/readyz` and the rest."""
    return {**worker, "port": port}
