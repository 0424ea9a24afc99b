"""What KEDA is told: the same brokers, topic, group and credentials as the worker, and when it may go to zero."""

from typing import Any

import pytest

from penstock_operator.render.children import owner_of
from penstock_operator.render.owner import Manifest
from penstock_operator.render.scaled_object import scaled_object
from penstock_operator.render.trigger_authentication import trigger_authentication
from support.rendering import deployment_with, rendered, revision_of

USER = {"username": {"secretName": "user", "key": "name"}, "password": {"secretName": "user", "key": "word"}}
CA = {"trust": "Secret", "ca": {"secretName": "kafka-ca", "key": "ca.crt"}}
CERTIFICATE = {
    "certificate": {"secretName": "user", "key": "user.crt"},
    "key": {"secretName": "user", "key": "user.key"},
}
OAUTH: dict[str, Any] = {
    "tokenEndpointUrl": "https://login.example/token",
    "clientId": {"secretName": "client", "key": "id"},
    "clientSecret": {"secretName": "client", "key": "secret"},
}


def scaled(patch: dict[str, Any], *, paused: bool = False, verified: bool = True) -> Manifest:
    deployment = deployment_with(patch)
    return scaled_object(deployment, owner_of(deployment), revision_of(patch), paused=paused, verified=verified)


def trigger(patch: dict[str, Any]) -> dict[str, Any]:
    (only,) = scaled(patch)["spec"]["triggers"]
    return dict(only)


def parameters(kafka: dict[str, Any], reference: str = "secretTargetRef") -> dict[str, tuple[str, str]]:
    authentication = rendered("TriggerAuthentication", {"kafka": kafka})
    return {entry["parameter"]: (entry["name"], entry["key"]) for entry in authentication["spec"].get(reference, [])}


def test_the_trigger_reads_what_the_workers_read() -> None:
    assert trigger({"kafka": {"bootstrapServers": ["a:1", "b:2"]}, "scaling": {"lagThreshold": 7}})["metadata"] == {
        "bootstrapServers": "a:1,b:2",
        "consumerGroup": "model.default.fraud",
        "topic": "transactions",
        "version": "2.5.0",
        "lagThreshold": "7",
        "offsetResetPolicy": "earliest",
    }


def test_the_trigger_follows_the_active_revision_and_not_the_spec() -> None:
    deployment = deployment_with({"kafka": {"topics": {"input": "candidate"}}})
    manifest = scaled_object(deployment, owner_of(deployment), revision_of({}), paused=False, verified=True)

    assert manifest["spec"]["triggers"][0]["metadata"]["topic"] == "transactions"


@pytest.mark.parametrize(
    ("mechanism", "name"), [("Plain", "plaintext"), ("ScramSha256", "scram_sha256"), ("ScramSha512", "scram_sha512")]
)
def test_mechanisms_have_the_names_that_keda_knows(mechanism: str, name: str) -> None:
    kafka = {"tls": {"trust": "System"}, "sasl": {"mechanism": mechanism, **USER}}

    assert trigger({"kafka": kafka})["metadata"]["sasl"] == name
    assert parameters(kafka) == {"username": ("user", "name"), "password": ("user", "word")}


def test_tls_is_told_in_the_metadata_also_where_no_secret_is_needed() -> None:
    told = trigger({"kafka": {"tls": {"trust": "System"}}})

    assert told["metadata"]["tls"] == "enable"
    assert "authenticationRef" not in told


def test_a_client_certificate_goes_along_and_a_password_only_where_there_is_one() -> None:
    password = {"keyPassword": {"secretName": "user", "key": "word"}}
    certificate = {"ca": ("kafka-ca", "ca.crt"), "cert": ("user", "user.crt"), "key": ("user", "user.key")}

    assert parameters({"tls": {**CA, **CERTIFICATE}}) == certificate
    assert parameters({"tls": {**CA, **CERTIFICATE, **password}}) == certificate | {"keyPassword": ("user", "word")}


def test_what_oauth_needs_beside_secrets_comes_from_the_revisions_config_map() -> None:
    """KEDA takes these as authentication parameters alone; no Secret is made for them."""
    oauth = {**OAUTH, "scopes": ["a", "b"], "extensions": {"z": "1", "y": "2"}}
    kafka = {"tls": CA, "sasl": {"mechanism": "OAuthBearer", "oauth": oauth}}
    revision = revision_of({"kafka": kafka})

    assert parameters(kafka)["username"] == ("client", "id")
    assert parameters(kafka)["password"] == ("client", "secret")
    found = {name: revision.data[entry] for name, (_, entry) in parameters(kafka, "configMapTargetRef").items()}
    assert found == {
        "oauthTokenEndpointUri": "https://login.example/token",
        "scopes": "a,b",
        "oauthExtensions": "y=2,z=1",
    }
    assert {name for name, _ in parameters(kafka, "configMapTargetRef").values()} == {f"fraud-kafka-{revision.hash}"}


def test_scopes_and_extensions_that_are_not_given_are_not_named() -> None:
    kafka = {"tls": CA, "sasl": {"mechanism": "OAuthBearer", "oauth": OAUTH}}

    assert set(parameters(kafka, "configMapTargetRef")) == {"oauthTokenEndpointUri"}


def test_plaintext_needs_no_authentication() -> None:
    deployment = deployment_with({})

    assert trigger_authentication(owner_of(deployment), revision_of({})) is None
    assert "authenticationRef" not in trigger({})


def test_the_authentication_is_another_object_with_every_revision() -> None:
    """KEDA takes no notice of a change to one."""
    one, other = ({"kafka": {"tls": {**CA, "ca": {"secretName": name, "key": "ca"}}}} for name in ("old", "new"))

    assert trigger(one)["authenticationRef"] != trigger(other)["authenticationRef"]
    assert trigger(one)["authenticationRef"]["name"] == rendered("TriggerAuthentication", one)["metadata"]["name"]


def test_one_worker_is_held_until_it_has_been_seen_to_work() -> None:
    to_zero = {"scaling": {"minReplicas": 0}}

    assert scaled(to_zero, verified=False)["spec"]["minReplicaCount"] == 1
    assert scaled(to_zero)["spec"]["minReplicaCount"] == 0
    assert scaled({"scaling": {"minReplicas": 3}}, verified=False)["spec"]["minReplicaCount"] == 3


def test_a_new_scaled_object_does_not_go_to_zero_at_its_first_poll() -> None:
    spec = scaled({"scaling": {"minReplicas": 0, "cooldownPeriodSeconds": 42}})["spec"]

    assert spec["initialCooldownPeriod"] == spec["cooldownPeriod"] == 42


def test_while_the_backlog_cannot_be_read_what_runs_goes_on() -> None:
    fallback = scaled({"scaling": {"minReplicas": 2}})["spec"]["fallback"]

    assert (fallback["behavior"], fallback["replicas"]) == ("currentReplicasIfHigher", 2)
    assert "fallback" not in scaled({"scaling": {"minReplicas": 0}})["spec"]  # it cannot lift from zero


def test_paused_is_an_annotation_that_goes_again() -> None:
    assert scaled({}, paused=True)["metadata"]["annotations"] == {"autoscaling.keda.sh/paused-replicas": "0"}
    assert "annotations" not in scaled({})["metadata"]


def test_an_empty_list_of_policies_leaves_them_to_the_autoscaler_which_refuses_it() -> None:
    behavior: dict[str, Any] = {"scaleUp": {"policies": []}}
    advanced = scaled({"scaling": {"behavior": behavior}})["spec"]["advanced"]

    rules = advanced["horizontalPodAutoscalerConfig"]["behavior"]
    assert rules["scaleUp"] == {"stabilizationWindowSeconds": 30, "selectPolicy": "Max"}
    assert rules["scaleDown"]["policies"] == [{"type": "Percent", "value": 25, "periodSeconds": 60}]
