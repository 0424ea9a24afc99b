"""Each call of the operator to the API server does what the operator counts on."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from penstock_operator.cluster import client as cluster_module
from penstock_operator.cluster.api_errors import ApiError
from penstock_operator.cluster.client import Cluster
from penstock_operator.cluster.connection import Connection
from penstock_operator.cluster.crd_check import missing_fields
from penstock_operator.observed import ChildKey, Event
from penstock_operator.state.kinds import BY_KIND, DEPLOYMENT, MODEL_DEPLOYMENT, POD_MONITOR, SCALED_OBJECT, ApiResource
from support.operator.api import Api, User
from support.operator.stub_decision import child, child_name, labels
from support.ports import free_port

CONFIG_MAP = BY_KIND["ConfigMap"]
EVENTS = ApiResource("Event", "events.k8s.io", "v1", "events")


def config_map(user: User, name: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": user.namespace, "labels": labels("fraud")}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def deployment(user: User, name: str, **spec: Any) -> dict[str, Any]:
    selector = {"app": name}
    template = {
        "metadata": {"labels": selector},
        "spec": {"containers": [{"name": "bridge", "image": "bridge:1"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": user.namespace, "labels": labels("fraud")},
        "spec": {"selector": {"matchLabels": selector}, "template": template, **spec},
    }


def refused_by(status: int | None) -> Any:
    return pytest.raises(ApiError, check=lambda error: error.status == status)


def test_apply_creates_what_is_not_there(calls: Cluster, user: User) -> None:
    answer = calls.apply(config_map(user, "a", key="1"), None)
    kept = user.get(CONFIG_MAP, "a")
    assert kept is not None
    assert kept["data"] == {"key": "1"}
    assert answer["metadata"]["uid"] == kept["metadata"]["uid"]
    assert answer["metadata"]["resourceVersion"] == kept["metadata"]["resourceVersion"]


def test_a_creation_leaves_a_strangers_object_as_it_is(calls: Cluster, user: User) -> None:
    theirs = user.create(CONFIG_MAP, "a", {"data": {"theirs": "1"}})
    with refused_by(409):
        calls.apply(config_map(user, "a", key="1"), None)
    assert user.get(CONFIG_MAP, "a") == theirs


def test_apply_changes_what_is_ours_and_takes_back_what_is_not_wanted_any_more(calls: Cluster, user: User) -> None:
    made = calls.apply(config_map(user, "a", old="1", kept="1"), None)
    user.merge(CONFIG_MAP, "a", {"data": {"theirs": "1"}})
    calls.apply(config_map(user, "a", kept="2", new="1"), made["metadata"]["uid"])
    kept = user.get(CONFIG_MAP, "a")
    assert kept is not None
    assert kept["data"] == {"kept": "2", "new": "1", "theirs": "1"}


def test_apply_wins_over_who_edited_an_owned_field(calls: Cluster, user: User) -> None:
    made = calls.apply(config_map(user, "a", key="1"), None)
    user.merge(CONFIG_MAP, "a", {"data": {"key": "edited"}})
    answer = calls.apply(config_map(user, "a", key="1"), made["metadata"]["uid"])
    assert answer["data"] == {"key": "1"}


def test_an_apply_that_changes_nothing_makes_no_new_version(calls: Cluster, user: User) -> None:
    made = calls.apply(config_map(user, "a", key="1"), None)
    again = calls.apply(config_map(user, "a", key="1"), made["metadata"]["uid"])
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_apply_touches_no_successor_of_the_object_that_was_meant(calls: Cluster, user: User) -> None:
    made = calls.apply(config_map(user, "a", key="1"), None)
    user.delete(CONFIG_MAP, "a")
    with refused_by(409):
        calls.apply(config_map(user, "a", key="2"), made["metadata"]["uid"])
    assert user.get(CONFIG_MAP, "a") is None
    theirs = user.create(CONFIG_MAP, "a", {"data": {"theirs": "1"}})
    with refused_by(409):
        calls.apply(config_map(user, "a", key="2"), made["metadata"]["uid"])
    assert user.get(CONFIG_MAP, "a") == theirs


def test_delete_takes_the_object_that_was_meant_and_no_other(calls: Cluster, user: User) -> None:
    made = calls.apply(config_map(user, "a"), None)
    with refused_by(409):
        calls.delete(user.namespace, ChildKey("ConfigMap", "a"), "00000000-0000-0000-0000-000000000000")
    assert user.get(CONFIG_MAP, "a") is not None
    calls.delete(user.namespace, ChildKey("ConfigMap", "a"), made["metadata"]["uid"])
    assert user.get(CONFIG_MAP, "a") is None
    calls.delete(user.namespace, ChildKey("ConfigMap", "a"), made["metadata"]["uid"])


def test_scale_and_apply_do_not_undo_each_other(calls: Cluster, user: User) -> None:
    made = calls.apply(deployment(user, "a"), None)
    assert made["spec"]["replicas"] == 1
    scaled = calls.scale(user.key("a"), 4)
    assert scaled is not None
    assert (scaled["kind"], scaled["spec"]["replicas"]) == ("Deployment", 4)
    applied = calls.apply(deployment(user, "a", minReadySeconds=5), made["metadata"]["uid"])
    assert (applied["spec"]["replicas"], applied["spec"]["minReadySeconds"]) == (4, 5)
    kept = calls.read(DEPLOYMENT, user.key("a"))
    assert kept is not None
    assert kept["spec"]["replicas"] == 4


def test_scaling_what_is_gone_is_no_error(calls: Cluster, user: User) -> None:
    assert calls.scale(user.key("a"), 4) is None


def test_a_status_is_replaced_as_a_whole_and_spec_and_generation_stay(calls: Cluster, user: User) -> None:
    made = user.create_deployment("fraud")
    first = calls.write_status(made, {"observedGeneration": 1, "replicas": 3})
    assert first["status"] == {"observedGeneration": 1, "replicas": 3}
    second = calls.write_status({**first, "spec": {}}, {"observedGeneration": 1})
    assert second["status"] == {"observedGeneration": 1}
    assert second["spec"] == made["spec"]
    assert second["metadata"]["generation"] == 1


def test_a_status_that_was_decided_on_an_old_version_is_refused(calls: Cluster, user: User) -> None:
    made = user.create_deployment("fraud")
    user.merge(MODEL_DEPLOYMENT, "fraud", {"spec": {"paused": True}})
    with refused_by(409):
        calls.write_status(made, {"observedGeneration": 1})


def test_a_status_without_managed_fields_keeps_what_others_own(calls: Cluster, user: User) -> None:
    made = user.create_deployment("fraud")
    metadata = {key: value for key, value in made["metadata"].items() if key != "managedFields"}
    written = calls.write_status({**made, "metadata": metadata}, {"observedGeneration": 1})
    managers = {entry["manager"] for entry in written["metadata"].get("managedFields", [])}
    assert managers >= {entry["manager"] for entry in made["metadata"].get("managedFields", [])}


def test_an_event_is_about_the_resource(calls: Cluster, user: User) -> None:
    made = user.create_deployment("fraud")
    calls.post_event(made, Event("Warning", "TopicMissing", "transactions is not there"), datetime.now(UTC))
    (event,) = user.connection.request("GET", EVENTS.path(user.namespace)).json()["items"]
    assert event["regarding"]["uid"] == made["metadata"]["uid"]
    assert (event["type"], event["reason"], event["note"]) == ("Warning", "TopicMissing", "transactions is not there")


def test_a_list_has_ours_alone_whatever_the_page_size(
    calls: Cluster, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "PAGE_OBJECTS", 2)
    for number in range(5):
        calls.apply(config_map(user, f"ours-{number}"), None)
    user.create(CONFIG_MAP, "theirs", {"data": {}})
    pages = list(calls.pages(CONFIG_MAP, user.namespace))
    names = [each["metadata"]["name"] for page, _ in pages for each in page]
    assert sorted(names) == [f"ours-{number}" for number in range(5)]
    assert [len(page) for page, _ in pages] == [2, 2, 1]
    assert len({version for _, version in pages}) == 1
    newest = max(int(each["metadata"]["resourceVersion"]) for page, _ in pages for each in page)
    assert pages[0][1] >= newest


def test_a_list_of_all_namespaces_has_every_model_deployment(calls: Cluster, user: User) -> None:
    made = user.create_deployment("fraud")
    uids = {each["metadata"]["uid"] for page, _ in calls.pages(MODEL_DEPLOYMENT, None) for each in page}
    assert made["metadata"]["uid"] in uids


def test_versions_of_one_kind_are_numbers_that_grow(calls: Cluster, user: User) -> None:
    versions = [int(calls.apply(config_map(user, name), None)["metadata"]["resourceVersion"]) for name in "abc"]
    assert versions == sorted(set(versions))


def test_what_is_not_there_is_read_as_none(calls: Cluster, user: User) -> None:
    assert calls.read(CONFIG_MAP, user.key("a")) is None


def test_kinds_are_found_out(api: Api, calls: Cluster) -> None:
    if api.fake is not None:
        api.fake.served -= {SCALED_OBJECT, POD_MONITOR}
    assert calls.serves(DEPLOYMENT)
    assert calls.serves(MODEL_DEPLOYMENT)
    assert not calls.serves(SCALED_OBJECT)
    assert not calls.serves(POD_MONITOR)


def test_a_kind_that_is_not_known_is_a_refusal(api: Api, calls: Cluster, user: User) -> None:
    if api.fake is not None:
        api.fake.served.discard(SCALED_OBJECT)
    manifest = config_map(user, "a") | {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject"}
    with pytest.raises(ApiError, check=lambda error: error.is_refusal and error.status == 404):
        calls.apply(manifest, None)


def test_the_schema_that_is_served_has_every_field(calls: Cluster) -> None:
    deadline = time.monotonic() + 20  # the OpenAPI document follows a new definition within seconds
    schema = None
    while schema is None and time.monotonic() < deadline:
        schema = calls.schema(MODEL_DEPLOYMENT)
        time.sleep(0.1)
    assert schema is not None
    assert missing_fields(schema) == []


def test_the_schema_of_a_kind_that_is_not_served_is_none(calls: Cluster) -> None:
    assert calls.schema(ApiResource("Nothing", "nothing.penstock.dev", "v1", "nothings")) is None


def test_writes_are_counted_with_their_outcome_and_reads_are_not(
    calls: Cluster, user: User, writes: list[tuple[str, str, int | None]]
) -> None:
    calls.apply(child(user.key("fraud"), "8c9d9a0e-2a86-4f3c-8f0c-6c1f3c2f0a11", "False"), None)
    calls.read(CONFIG_MAP, user.key(child_name("fraud")))
    with refused_by(409):
        calls.apply(config_map(user, child_name("fraud")), None)
    calls.scale(user.key("none"), 1)
    assert writes[0] in [("apply", "ConfigMap", 200), ("apply", "ConfigMap", 201)]
    assert writes[1:] == [("apply", "ConfigMap", 409), ("scale", "Deployment", 404)]


def test_a_server_that_is_away_is_an_error_without_a_status(api: Api, calls: Cluster) -> None:
    configuration = api.configuration()
    configuration.host = f"http://127.0.0.1:{free_port()}"
    away = Connection(configuration, threads=1)
    try:
        with refused_by(None):
            Cluster(away, instance="test", count=lambda *_: None).serves(DEPLOYMENT)
    finally:
        away.close()
