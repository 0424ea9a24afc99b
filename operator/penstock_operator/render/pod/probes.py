"""Probes: the bridge's fixed ones, and the model's as given or as its port allows. Pure."""

from math import ceil
from typing import Final

from penstock_operator.api.container import HttpGetProbe, Probe
from penstock_operator.api.derived import WORKER_PORT
from penstock_operator.render.owner import Manifest

BRIDGE_START_SECONDS: Final = 90
"""Above the 45 s that a bridge gives the brokers to answer: it ends by itself and says why, unless it hangs."""

_START_PERIOD_SECONDS: Final = 1
_EXEC_PERIOD_SECONDS: Final = 10  # a program each second would be a load of its own


def bridge_probes(*, start_seconds: int = BRIDGE_START_SECONDS) -> Manifest:
    return {
        "startupProbe": {**_get("/livez"), "periodSeconds": 1, "timeoutSeconds": 2, "failureThreshold": start_seconds},
        "livenessProbe": {**_get("/livez"), "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
        "readinessProbe": {**_get("/readyz"), "periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 3},
    }


def _get(path: str) -> Manifest:
    return {"httpGet": {"path": path, "port": WORKER_PORT}}


def startup_probe(given: Probe | None, *, port: int, timeout_seconds: int) -> Manifest:
    """Always there: until it passes, nothing that needs the model is started, and no other probe can end it."""
    probe = probe_of(given or Probe(), port=port)
    period = probe.setdefault("periodSeconds", _EXEC_PERIOD_SECONDS if "exec" in probe else _START_PERIOD_SECONDS)
    probe.setdefault("failureThreshold", max(1, ceil(timeout_seconds / period)))
    return probe


def readiness_probe(given: Probe | None, *, port: int, known_path: str) -> Manifest:
    """For pods that others call: as given, else the protocol's own path where it has one, else the port."""
    default = Probe.model_validate({"httpGet": {"path": known_path}}) if known_path else Probe()
    return probe_of(given or default, port=port)


def probe_of(probe: Probe, *, port: int) -> Manifest:
    """As given, with the model's port where none is; nothing given at all connects to it."""
    fields: Manifest = probe.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if not fields.get("initialDelaySeconds"):
        fields.pop("initialDelaySeconds", None)  # a zero is not kept by the API server
    if probe.exec is not None:
        return fields
    kind = next((kind for kind in ("httpGet", "grpc", "tcpSocket") if kind in fields), "tcpSocket")
    return {**fields, kind: {"port": port, **fields.get(kind, {}), **_path(probe.http_get)}}


def _path(http_get: HttpGetProbe | None) -> Manifest:
    return {} if http_get is None else {"path": http_get.path}
