"""The store: the newest state wins, whoever brings it, and changes name the ModelDeployments that they are about."""

from typing import Any

import pytest

from penstock_operator.observed import ChildKey
from penstock_operator.state.kinds import BY_KIND, DEPLOYMENT, MODEL_DEPLOYMENT, POD, ApiResource, ResourceKey
from penstock_operator.state.store import Store

CONFIG_MAP = BY_KIND["ConfigMap"]
FRAUD = ResourceKey("payments", "fraud")


def an_object(name: str, version: int, *, uid: str = "", instance: str | None = "fraud", **more: Any) -> dict[str, Any]:
    labels = {} if instance is None else {"app.kubernetes.io/instance": instance}
    metadata = {"namespace": "payments", "name": name, "uid": uid or name, "resourceVersion": str(version)}
    return {"metadata": metadata | {"labels": labels, "managedFields": [{"manager": "x"}]}, **more}


def owned_by(name: str) -> list[dict[str, str]]:
    return [{"kind": "ModelDeployment", "name": name, "uid": "1"}]


def names_of(store: Store, key: ResourceKey = FRAUD) -> set[str]:
    return {child.name for child in store.children(key)}


def test_what_goes_in_comes_out_with_its_kind_and_without_managed_fields() -> None:
    store = Store()
    store.put(CONFIG_MAP, an_object("a", 1, data={"key": "wört"}))
    (child,) = store.children(FRAUD).items()
    assert child[0] == ChildKey("ConfigMap", "a")
    assert child[1]["apiVersion"] == "v1"
    assert child[1]["kind"] == "ConfigMap"
    assert child[1]["data"] == {"key": "wört"}
    assert "managedFields" not in child[1]["metadata"]


def test_a_reader_owns_what_it_gets() -> None:
    store = Store()
    store.put(MODEL_DEPLOYMENT, an_object("fraud", 1, spec={}))
    first = store.resource(FRAUD)
    assert first is not None
    first["spec"]["changed"] = True
    assert store.resource(FRAUD) == {**first, "spec": {}}


def test_only_news_is_a_change() -> None:
    store = Store()
    assert store.put(DEPLOYMENT, an_object("a", 5)) == (FRAUD,)
    assert store.put(DEPLOYMENT, an_object("a", 5)) == ()
    assert store.put(DEPLOYMENT, an_object("a", 4)) == ()
    assert store.put(DEPLOYMENT, an_object("a", 6)) == (FRAUD,)


def test_versions_are_numbers_not_texts() -> None:
    store = Store()
    store.put(DEPLOYMENT, an_object("a", 9))
    assert store.put(DEPLOYMENT, an_object("a", 10)) == (FRAUD,)


def test_the_late_answer_to_a_write_does_not_bring_back_what_was_deleted() -> None:
    store = Store()
    store.put(DEPLOYMENT, an_object("a", 5))
    assert store.remove(DEPLOYMENT, an_object("a", 7)) == (FRAUD,)
    assert store.put(DEPLOYMENT, an_object("a", 6)) == ()
    assert names_of(store) == set()
    assert store.put(DEPLOYMENT, an_object("a", 8, uid="new")) == (FRAUD,)


def test_the_late_news_of_a_deletion_does_not_remove_its_successor() -> None:
    store = Store()
    store.put(DEPLOYMENT, an_object("a", 8, uid="new"))
    assert store.remove(DEPLOYMENT, an_object("a", 7, uid="old")) == ()
    assert names_of(store) == {"a"}


@pytest.mark.parametrize(
    "child",
    [
        {"instance": "fraud"},
        {"instance": None, "owner": "fraud"},
        {"instance": "edited", "owner": "fraud"},
        {"instance": "fraud", "owner": "other"},
    ],
)
def test_a_child_is_found_by_its_label_or_by_its_owner(child: dict[str, Any]) -> None:
    store = Store()
    manifest = an_object("a", 1, instance=child["instance"])
    if "owner" in child:
        manifest["metadata"]["ownerReferences"] = owned_by(child["owner"])
    assert FRAUD in store.put(DEPLOYMENT, manifest)
    assert names_of(store) == {"a"}


def test_who_loses_a_child_is_told_as_well_as_who_gets_it() -> None:
    store = Store()
    store.put(DEPLOYMENT, an_object("a", 1, instance="fraud"))
    changed = store.put(DEPLOYMENT, an_object("a", 2, instance="other"))
    assert set(changed) == {FRAUD, ResourceKey("payments", "other")}
    assert names_of(store) == set()


def test_neither_pods_nor_the_resource_itself_are_children() -> None:
    store = Store()
    store.put(MODEL_DEPLOYMENT, an_object("fraud", 1))
    store.put(POD, an_object("a", 1))
    store.put(DEPLOYMENT, an_object("b", 1))
    assert names_of(store) == {"b"}
    assert [pod["metadata"]["name"] for pod in store.pods(FRAUD)] == ["a"]


def list_of(store: Store, resource: ApiResource, version: int, *manifests: Any, namespace: str | None = None) -> object:
    return store.replace(resource, [([each], version) for each in manifests] or [([], version)], namespace=namespace)


def test_a_list_removes_what_it_lacks() -> None:
    store = Store()
    store.put(DEPLOYMENT, an_object("a", 1))
    store.put(DEPLOYMENT, an_object("b", 2))
    assert list_of(store, DEPLOYMENT, 5, an_object("b", 2)) == (FRAUD,)
    assert names_of(store) == {"b"}


def test_a_list_of_what_is_known_changes_nothing() -> None:
    store = Store()
    list_of(store, DEPLOYMENT, 5, an_object("a", 1), an_object("b", 2))
    assert list_of(store, DEPLOYMENT, 9, an_object("a", 1), an_object("b", 2)) == ()


def test_a_list_does_not_remove_what_was_made_after_it() -> None:
    store = Store()
    store.put(DEPLOYMENT, an_object("a", 6))
    assert list_of(store, DEPLOYMENT, 5) == ()
    assert names_of(store) == {"a"}


def test_the_list_of_a_namespace_says_nothing_of_others_and_that_of_a_kind_nothing_of_others() -> None:
    store = Store()
    store.put(DEPLOYMENT, an_object("a", 1))
    store.put(CONFIG_MAP, an_object("c", 1))
    list_of(store, DEPLOYMENT, 5, namespace="elsewhere")
    list_of(store, POD, 5)
    assert names_of(store) == {"a", "c"}


def test_a_kind_that_is_gone_is_forgotten() -> None:
    store = Store()
    store.put(DEPLOYMENT, an_object("a", 1))
    store.clear(DEPLOYMENT)
    assert (names_of(store), store.count(DEPLOYMENT)) == (set(), 0)


def test_resources_are_the_model_deployments() -> None:
    store = Store()
    store.put(MODEL_DEPLOYMENT, an_object("fraud", 1, instance=None))
    store.put(DEPLOYMENT, an_object("a", 1))
    assert store.resources() == [FRAUD]
    assert store.resource(ResourceKey("payments", "a")) is None
