"""What is allowed and probably not meant: told with the field, what was found and what to do."""

from typing import Any

import pytest

from penstock_operator.decision.spec_warnings import spec_warnings
from support.rendering import deployment_with

SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
SHARED = {"worker": {"template": {"priorityClassName": "a"}}, "model": {"template": {"priorityClassName": "b"}}}


def oauth(**fields: Any) -> dict[str, Any]:
    given = {
        "tokenEndpointUrl": "https://login",
        "clientId": {"secretName": "client", "key": "id"},
        "clientSecret": {"secretName": "client", "key": "secret"},
    }
    sasl = {"mechanism": "OAuthBearer", "oauth": {**given, **fields}}
    return {"kafka": {"tls": {"trust": "System"}, "sasl": sasl}}


DOUBTFUL: list[tuple[dict[str, Any], str]] = [
    ({"scaling": {"lagThreshold": 100}}, "spec.scaling.lagThreshold is 100"),
    ({"delivery": {"maxInFlightRecords": 5000}}, "raise it to 5000"),
    ({"scaling": {"minReplicas": 9}}, "spec.scaling.minReplicas is 9"),
    ({"scaling": {"mode": "Fixed", "replicas": 9}}, "spec.scaling.replicas is 9"),
    ({"delivery": {"drainTimeoutSeconds": 5}}, "spec.delivery.drainTimeoutSeconds is 5"),
    ({"worker": {"resources": {"limits": {"memory": "128Mi"}}}}, "spec.worker.resources.limits.memory is 128Mi"),
    ({"model": {"image": "fraud"}}, "spec.model.image"),
    ({"model": {"image": "registry:5000/fraud:latest"}}, "spec.model.image"),
    (oauth(tokenEndpointUrl="http://login"), "spec.kafka.sasl.oauth.tokenEndpointUrl is not https"),
    (oauth(extensions={"pool": "YQ=="}), "KEDA cannot read 'pool'"),
    (oauth(extensions={"a,b": ""}), "KEDA cannot read 'a,b'"),
    (oauth(scopes=["read,write"]), "KEDA takes a scope with a comma for two"),
    (SHARED, "differ in priorityClassName"),
    (
        {"worker": {"template": {"topologySpreadConstraints": [SPREAD, {**SPREAD, "maxSkew": 2}]}}},
        "spec.worker.template.topologySpreadConstraints has zone with DoNotSchedule more than once",
    ),
    (
        {
            "worker": {"template": {"nodeSelector": {"pool": "a", "zone": "1"}, "affinity": {"podAffinity": {}}}},
            "model": {"template": {"nodeSelector": {"pool": "b", "zone": "1"}, "affinity": {"podAffinity": {}}}},
        },
        "differ in nodeSelector.pool:",
    ),
]

UNDOUBTED: list[dict[str, Any]] = [
    {},
    {"scaling": {"mode": "Fixed", "lagThreshold": 100}},
    {"scaling": {"minReplicas": 3, "maxReplicas": 100}},
    {"worker": {"resources": {"limits": {"memory": "1Gi"}}}},
    {"model": {"image": "registry:5000/fraud@sha256:" + "ab" * 32}},
    {"model": {"image": "registry:5000/latest:1"}},
    oauth(scopes=["read", "write"], extensions={"pool": "YQ"}),
    {"model": {"image": None, "url": "http://models", "version": "1"}},
    {**SHARED, "model": {**SHARED["model"], "placement": "Service"}},
]


@pytest.mark.parametrize(("patch", "text"), DOUBTFUL)
def test_a_doubt_is_told_with_its_field(patch: dict[str, Any], text: str) -> None:
    (warning,) = spec_warnings(deployment_with(patch), input_partitions=3)

    assert text in warning
    assert "; " in warning  # what to do


@pytest.mark.parametrize("patch", UNDOUBTED)
def test_what_is_usual_is_not_doubted(patch: dict[str, Any]) -> None:
    assert spec_warnings(deployment_with(patch), input_partitions=3) == []


def test_workers_are_not_called_idle_while_the_partitions_are_unknown() -> None:
    assert spec_warnings(deployment_with({"scaling": {"minReplicas": 9}}), input_partitions=None) == []
