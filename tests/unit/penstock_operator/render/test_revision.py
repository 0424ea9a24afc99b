"""A revision says all that children need, and comes back from its ConfigMap as it was."""

import json
from typing import Any

import pytest

from penstock_operator.render.config_maps import kafka_config_map, worker_config_map, worker_config_name
from penstock_operator.render.owner import Owner
from penstock_operator.render.revision import KafkaRevision, RevisionUnreadable
from penstock_operator.render.settings import render_worker
from support.rendering import deployment_with, revision_of

OWNER = Owner("payments", "fraud", "5f0c1b1e")
CERTIFICATE: dict[str, Any] = {
    "trust": "Secret",
    "ca": {"secretName": "kafka-ca", "key": "ca.crt"},
    "certificate": {"secretName": "user", "key": "user.crt"},
    "key": {"secretName": "user", "key": "user.key"},
}


def test_a_revision_comes_back_from_its_config_map_as_it_was() -> None:
    revision = revision_of({"kafka": {"tls": CERTIFICATE}})

    assert KafkaRevision.of_config_map(kafka_config_map(OWNER, revision)) == revision


@pytest.mark.parametrize(
    "patch",
    [
        {"bootstrapServers": ["other:9092"]},
        {"consumerGroup": "other"},
        {"topics": {"input": "other"}},
        {"startFrom": "Earliest"},
        {"tls": {"trust": "System"}},
        {"createTopics": None},
    ],
)
def test_another_fact_about_kafka_is_another_revision(patch: dict[str, Any]) -> None:
    assert revision_of({"kafka": patch}).hash != revision_of({}).hash


@pytest.mark.parametrize("patch", [{"scaling": {"maxReplicas": 3}}, {"model": {"image": "other:2"}}, {"paused": True}])
def test_everything_else_leaves_the_revision_alone(patch: dict[str, Any]) -> None:
    assert revision_of(patch).hash == revision_of({}).hash


def test_a_revision_of_a_newer_operator_is_read_as_far_as_children_need_it() -> None:
    """It holds what the worker must understand, not this operator."""
    revision = revision_of({})
    settings = {**json.loads(revision.data["kafka.json"]), "rackAwareness": True}

    read = KafkaRevision.of_data({"kafka.json": json.dumps(settings)})

    assert read.settings == revision.settings
    assert read.hash != revision.hash


@pytest.mark.parametrize("data", [None, {}, {"other": ""}, {"kafka.json": "{"}, {"kafka.json": '{"topics": "x"}'}])
def test_a_config_map_that_holds_no_revision_is_refused_in_words(data: dict[str, str] | None) -> None:
    with pytest.raises(RevisionUnreadable, match=r"kafka\.json"):
        KafkaRevision.of_config_map({"data": data})


def test_every_secret_that_any_block_names_is_found_once() -> None:
    password = {"secretName": "registry", "key": "password"}
    registry = {"url": "https://registry:8081", "basicAuth": {"username": password, "password": password}}
    revision = revision_of({"kafka": {"tls": CERTIFICATE, "schemaRegistry": registry}})

    found = [(key.secret_name, key.key) for key in revision.secret_keys()]

    assert found == [("kafka-ca", "ca.crt"), ("registry", "password"), ("user", "user.crt"), ("user", "user.key")]


def test_a_config_map_is_immutable_and_named_by_what_it_holds() -> None:
    one, other = (render_worker(deployment_with(patch), namespace="payments") for patch in ({}, {"paused": True}))
    changed = render_worker(deployment_with({"delivery": {"concurrency": 3}}), namespace="payments")
    manifest = worker_config_map(OWNER, one)

    assert manifest["immutable"] is True
    assert manifest["metadata"]["name"] == worker_config_name(OWNER, one) == worker_config_name(OWNER, other)
    assert worker_config_name(OWNER, changed) != worker_config_name(OWNER, one)


def test_equal_settings_are_equal_text_whatever_the_order_of_their_keys() -> None:
    """Or an immutable ConfigMap of the same name would have to change."""
    settings = render_worker(deployment_with({}), namespace="payments")

    assert worker_config_map(OWNER, dict(reversed(settings.items()))) == worker_config_map(OWNER, settings)
