"""The workers' pods: what the bridge gets, and what of the model is in them, by placement."""

from dataclasses import replace
from typing import Any

import pytest

from penstock_operator.render.worker_deployment import kafka_revision_of
from support.rendering import OPTIONS, rendered, revision_of, worker_pod

CA = {"tls": {"trust": "Secret", "ca": {"secretName": "kafka-ca", "key": "ca.crt"}}}
URL = {"url": "https://models.example", "version": "1", "image": None}
PLACEMENTS: dict[str, dict[str, Any]] = {
    "Sidecar": {"model": {}},
    "Service": {"model": {"placement": "Service"}},
    "External": {"model": URL},
    "Embedded": {"model": {"entrypoint": "fraud.model:predict"}},
}
WITHOUT_MODEL = ("Service", "External")


def pod(patch: dict[str, Any], **options: Any) -> dict[str, Any]:
    spec: dict[str, Any] = worker_pod(patch, options=replace(OPTIONS, **options))["spec"]
    return spec


def bridge(patch: dict[str, Any], **options: Any) -> dict[str, Any]:
    (container,) = pod(patch, **options)["containers"]
    return dict(container)


def sidecar(model: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod({"model": model})["initContainers"]
    return dict(container)


def volume(patch: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (volume for volume in pod(patch)["volumes"] if volume["name"] == name)
    return dict(found)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_bridge_runs_the_worker_with_its_probes(placement: str) -> None:
    container = bridge(PLACEMENTS[placement])

    assert container["name"] == "bridge"
    assert (container["command"], container["args"]) == (["penstock-worker"], ["run"])
    assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": 8089}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": 8089}
    assert container["startupProbe"]["httpGet"] == {"path": "/livez", "port": 8089}


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_bridge_is_the_workers_image_unless_the_model_is_in_it(placement: str) -> None:
    image = bridge(PLACEMENTS[placement], worker_image_pull_policy="Always")

    if placement == "Embedded":
        assert (image["image"], image.get("imagePullPolicy")) == ("registry.example/fraud:1.4.2", None)
    else:
        assert (image["image"], image["imagePullPolicy"]) == (OPTIONS.worker_image, "Always")


def test_a_sidecar_listens_before_the_bridge_starts_and_stops_after_it() -> None:
    """A native sidecar with a startup probe, always."""
    container = sidecar({})

    assert (container["name"], container["restartPolicy"]) == ("model", "Always")
    assert container["startupProbe"] == {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 600}
    assert "readinessProbe" not in container


@pytest.mark.parametrize("placement", WITHOUT_MODEL)
def test_a_model_elsewhere_leaves_nothing_of_it_in_the_workers_pods(placement: str) -> None:
    model = PLACEMENTS[placement]["model"] | {"template": {"labels": {"team": "risk"}, "serviceAccountName": "fraud"}}
    template = worker_pod({"model": model})

    assert "initContainers" not in template["spec"]
    assert "team" not in template["metadata"]["labels"]
    assert "serviceAccountName" not in template["spec"]
    assert {volume["name"] for volume in template["spec"]["volumes"]} == {"penstock-settings", "penstock-tmp"}


def test_settings_and_secrets_are_files_where_the_worker_looks() -> None:
    sources = volume({"kafka": CA}, "penstock-settings")["projected"]["sources"]

    files = [item["path"] for source in sources for item in next(iter(source.values()))["items"]]
    assert files == ["kafka.json", "worker.json", "secrets/kafka-ca/ca.crt"]
    assert {"name": "penstock-settings", "mountPath": "/etc/penstock", "readOnly": True} in bridge({})["volumeMounts"]


def test_a_missing_secret_lets_the_worker_start_and_name_it() -> None:
    sources = volume({"kafka": CA}, "penstock-settings")["projected"]["sources"]

    assert [source["secret"]["optional"] for source in sources if "secret" in source] == [True]


def test_secrets_are_readable_by_a_group_of_their_own_which_openshift_chooses() -> None:
    assert volume({}, "penstock-settings")["projected"]["defaultMode"] == 0o440
    assert pod({})["securityContext"]["fsGroup"] == 65532
    assert "fsGroup" not in pod({}, openshift=True)["securityContext"]
    assert pod({"model": {"securityContext": {"fsGroup": 7}}}, openshift=True)["securityContext"]["fsGroup"] == 7


def test_a_sidecar_does_not_see_the_bridges_secrets() -> None:
    assert [mount["mountPath"] for mount in sidecar({})["volumeMounts"]] == ["/tmp"]


def test_a_stopping_pod_has_time_to_drain() -> None:
    assert pod({"delivery": {"timeoutSeconds": 7}})["terminationGracePeriodSeconds"] == 7 + 10 + 20


def test_a_rollout_is_given_up_after_the_models_start_and_a_margin() -> None:
    spec = rendered("Deployment", {"model": {"startupTimeoutSeconds": 30}})["spec"]

    assert spec["progressDeadlineSeconds"] == 150


def test_a_rollout_takes_no_worker_away_unless_told() -> None:
    told = {"worker": {"rollout": {"maxSurge": 0, "maxUnavailable": 2}}}

    assert rendered("Deployment", {})["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert rendered("Deployment", told)["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 2}


def test_a_pod_says_which_revision_it_runs_on() -> None:
    """Where the status was lost, this is what is left to know it by."""
    assert kafka_revision_of(rendered("Deployment", {})) == revision_of({}).hash
    assert kafka_revision_of({"spec": {"template": {"metadata": {"annotations": None}}}}) is None
    assert kafka_revision_of({}) is None


@pytest.mark.parametrize(
    ("kubernetes", "given", "expected"),
    [
        ("nothing given", {}, {"requests": {"cpu": "100m", "memory": "256Mi"}}),
        ("one request", {"requests": {"cpu": 2}}, {"requests": {"cpu": "2", "memory": "256Mi"}}),
        (
            "a limit is a request as well",
            {"limits": {"memory": "64Mi"}},
            {"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}},
        ),
    ],
)
def test_the_bridge_reserves_what_may_be_in_flight(
    kubernetes: str, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert bridge({"worker": {"resources": given}})["resources"] == expected, kubernetes


def test_more_in_flight_reserves_more() -> None:
    container = bridge({"delivery": {"maxInFlightBytes": 1024 * 1_048_576}})

    assert container["resources"]["requests"]["memory"] == "2176Mi"


def test_an_embedded_model_is_the_bridges_container() -> None:
    model = {
        "entrypoint": "fraud.model:predict",
        "startupTimeoutSeconds": 60,
        "env": [{"name": "A", "value": "1"}],
        "resources": {"limits": {"memory": "4Gi"}},
        "securityContext": {"runAsUser": 7, "readOnlyRootFilesystem": False},
    }
    container = bridge({"model": model, "worker": {"resources": {"requests": {"cpu": "3"}}}})

    assert container["env"] == [{"name": "A", "value": "1"}]
    assert container["resources"] == {"requests": {"cpu": "3"}, "limits": {"memory": "4Gi"}}
    assert container["securityContext"]["runAsUser"] == 7
    assert container["securityContext"]["readOnlyRootFilesystem"] is False
    assert container["startupProbe"]["failureThreshold"] == 90 + 60
    assert "initContainers" not in pod({"model": model})


@pytest.mark.parametrize("placement", ["Sidecar", "Embedded"])
@pytest.mark.parametrize("path", ["/tmp", "/tmp/"])
def test_a_volume_of_the_users_own_takes_the_place_of_our_scratch_space(placement: str, path: str) -> None:
    mine = {"volumes": [{"name": "big", "emptyDir": {}}], "volumeMounts": [{"name": "big", "mountPath": path}]}
    spec = pod({"model": PLACEMENTS[placement]["model"] | mine})
    container = (spec.get("initContainers") or spec["containers"])[0]

    assert [mount["name"] for mount in container["volumeMounts"] if mount["mountPath"].startswith("/tmp")] == ["big"]


def test_what_the_api_server_does_not_keep_is_not_written() -> None:
    """Or what is wanted would differ from what is found for ever."""
    model = {
        "env": [{"name": "EMPTY", "value": ""}],
        "livenessProbe": {"initialDelaySeconds": 0, "tcpSocket": {}},
        "volumes": [{"name": "shm", "emptyDir": {"sizeLimit": "2048Mi"}}],
        "template": {"tolerations": [{"key": "spot", "value": ""}]},
    }

    assert sidecar(model)["env"] == [{"name": "EMPTY"}]
    assert sidecar(model)["livenessProbe"] == {"tcpSocket": {"port": 8080}}
    assert volume({"model": model}, "shm")["emptyDir"] == {"sizeLimit": "2Gi"}
    assert pod({"model": model})["tolerations"] == [{"key": "spot"}]
