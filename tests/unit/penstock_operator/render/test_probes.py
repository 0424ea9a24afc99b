"""The model's probes: as given, on its port where none is given, and one for its start always."""

from typing import Any

import pytest

from penstock_operator.api.container import Probe
from penstock_operator.render.pod.probes import probe_of, readiness_probe, startup_probe


def given(probe: dict[str, Any]) -> Probe:
    return Probe.model_validate(probe)


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        ({}, {"tcpSocket": {"port": 9000}}),
        ({"tcpSocket": {}}, {"tcpSocket": {"port": 9000}}),
        ({"tcpSocket": {"port": 1}}, {"tcpSocket": {"port": 1}}),
        ({"httpGet": {}}, {"httpGet": {"path": "/", "port": 9000}}),
        ({"httpGet": {"path": "/up", "port": 2}}, {"httpGet": {"path": "/up", "port": 2}}),
        ({"httpGet": {"scheme": "HTTPS"}}, {"httpGet": {"path": "/", "port": 9000, "scheme": "HTTPS"}}),
        ({"grpc": {"service": "fraud"}}, {"grpc": {"service": "fraud", "port": 9000}}),
        ({"exec": {"command": ["up"]}}, {"exec": {"command": ["up"]}}),
        ({"timeoutSeconds": 3}, {"tcpSocket": {"port": 9000}, "timeoutSeconds": 3}),
    ],
)
def test_a_probe_is_as_given_with_the_models_port_where_none_is(
    probe: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert probe_of(given(probe), port=9000) == expected


@pytest.mark.parametrize(
    ("probe", "period", "failures"),
    [
        ({}, 1, 100),
        ({"periodSeconds": 7}, 7, 15),
        ({"exec": {"command": ["up"]}}, 10, 10),
        ({"periodSeconds": 3600}, 3600, 1),
        ({"failureThreshold": 3}, 1, 3),
    ],
)
def test_the_model_has_its_whole_timeout_to_start(probe: dict[str, Any], period: int, failures: int) -> None:
    probed = startup_probe(given(probe), port=9000, timeout_seconds=100)

    assert (probed["periodSeconds"], probed["failureThreshold"]) == (period, failures)


def test_there_is_a_startup_probe_also_where_none_is_given() -> None:
    assert startup_probe(None, port=9000, timeout_seconds=5)["tcpSocket"] == {"port": 9000}


def test_a_served_model_is_ready_by_its_own_probe_then_its_protocols_path_then_its_port() -> None:
    mine = given({"grpc": {}})

    assert readiness_probe(mine, port=9000, known_path="/ready") == {"grpc": {"port": 9000}}
    assert readiness_probe(None, port=9000, known_path="/ready") == {"httpGet": {"path": "/ready", "port": 9000}}
    assert readiness_probe(None, port=9000, known_path="") == {"tcpSocket": {"port": 9000}}
