"""What users add to pods, and what becomes of two additions to the same pods."""

from typing import Any

from penstock_operator.api.pod import PodTemplate
from penstock_operator.render.pod.template import merged
from support.rendering import rendered, worker_pod


def template(**fields: Any) -> PodTemplate:
    return PodTemplate.model_validate(fields)


def test_both_templates_hold_and_the_models_where_they_contradict_each_other() -> None:
    worker = template(
        labels={"a": "worker", "b": "worker"},
        nodeSelector={"zone": "1"},
        priorityClassName="batch",
        runtimeClassName="kata",
        imagePullSecrets=[{"name": "one"}],
        hostAliases=[{"ip": "10.0.0.1", "hostnames": ["worker"]}],
    )
    model = template(
        labels={"b": "model", "c": "model"},
        nodeSelector={"pool": "gpu"},
        priorityClassName="inference",
        imagePullSecrets=[{"name": "two"}, {"name": "one"}],
        hostAliases=[{"ip": "10.0.0.1", "hostnames": ["model"]}],
    )

    both = merged(worker, model)

    assert both.labels == {"a": "worker", "b": "model", "c": "model"}
    assert both.node_selector == {"zone": "1", "pool": "gpu"}
    assert (both.priority_class_name, both.runtime_class_name) == ("inference", "kata")
    assert [secret.name for secret in both.image_pull_secrets] == ["one", "two"]
    assert [alias.hostnames for alias in both.host_aliases] == [("model",)]


def test_affinities_are_merged_kind_by_kind() -> None:
    nodes: dict[str, Any] = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{}]}}
    pods = {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}
    worker = template(affinity={"podAffinity": pods, "nodeAffinity": {}})
    model = template(affinity={"nodeAffinity": nodes})

    both = merged(worker, model).affinity

    assert both is not None
    assert both.model_dump(by_alias=True, mode="json", exclude_defaults=True) == {
        "podAffinity": pods,
        "nodeAffinity": nodes,
    }
    assert merged(worker, template()).affinity == worker.affinity
    assert merged(template(), template()).affinity is None


def test_one_spread_for_each_kind_of_domain() -> None:
    """The API server takes no two of the same key."""

    def constraint(skew: int, when: str) -> dict[str, Any]:
        return {"maxSkew": skew, "topologyKey": "zone", "whenUnsatisfiable": when}

    worker = template(topologySpreadConstraints=[constraint(1, "DoNotSchedule"), constraint(1, "ScheduleAnyway")])
    model = template(topologySpreadConstraints=[constraint(3, "DoNotSchedule")])

    found = [(each.max_skew, each.when_unsatisfiable) for each in merged(worker, model).topology_spread_constraints]
    assert found == [(3, "DoNotSchedule"), (1, "ScheduleAnyway")]


def test_a_spread_that_is_given_twice_counts_once_the_last_time() -> None:
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    patch = {"worker": {"template": {"topologySpreadConstraints": [spread, {**spread, "maxSkew": 2}]}}}

    (only,) = worker_pod({**patch, "model": {"placement": "Service"}})["spec"]["topologySpreadConstraints"]

    assert only["maxSkew"] == 2


def test_a_spread_without_a_selector_counts_the_pods_it_is_about() -> None:
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    mine = {"whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {"team": "risk"}}}
    patch = {"worker": {"template": {"topologySpreadConstraints": [spread, {**spread, **mine}]}}}

    ours, theirs = worker_pod({**patch, "model": {"placement": "Service"}})["spec"]["topologySpreadConstraints"]

    assert ours["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] == "worker"
    assert theirs["labelSelector"] == mine["labelSelector"]


def test_a_token_is_mounted_only_for_an_account_that_was_named() -> None:
    named = {"model": {"template": {"serviceAccountName": "fraud"}}}

    assert worker_pod({})["spec"]["automountServiceAccountToken"] is False
    assert worker_pod(named)["spec"]["automountServiceAccountToken"] is True


def test_a_users_annotation_does_not_hide_the_revision() -> None:
    mine = {"worker": {"template": {"annotations": {"serving.penstock.dev/kafka-revision": "mine", "a": "b"}}}}
    annotations = worker_pod(mine)["metadata"]["annotations"]

    assert annotations["a"] == "b"
    assert annotations["serving.penstock.dev/kafka-revision"] != "mine"


def test_a_models_own_pods_have_the_models_template_alone() -> None:
    patch = {
        "model": {"placement": "Service", "template": {"labels": {"of": "model"}}},
        "worker": {"template": {"labels": {"of": "worker"}}},
    }

    model = rendered("Deployment", patch, name="fraud-model")["spec"]["template"]

    assert model["metadata"]["labels"]["of"] == "model"
    assert worker_pod(patch)["metadata"]["labels"]["of"] == "worker"
