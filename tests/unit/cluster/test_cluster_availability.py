"""A cluster that cannot be had fails a run of CI, and elsewhere is said loudly."""

import pytest

from cluster import availability
from cluster.errors import ClusterUnavailableError
from cluster.session import existing


@pytest.fixture(autouse=True)
def _nothing_was_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability, "unavailable", [])


def test_in_ci_it_fails_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no overlay mounts"), availability.required():
        raise ClusterUnavailableError("no overlay mounts")


def test_elsewhere_it_skips_them_and_is_remembered_once_for_the_end_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    for _ in range(2):
        with pytest.raises(pytest.skip.Exception), availability.required():
            raise ClusterUnavailableError("no overlay mounts")
    assert availability.unavailable == ["no overlay mounts"]


def test_a_fault_of_ours_is_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(ZeroDivisionError), availability.required():
        _ = 1 // 0


def test_an_existing_cluster_needs_every_address_and_says_which_is_missing() -> None:
    complete = {f"CLUSTER_{part}_IMAGE": part for part in ("WORKER", "OPERATOR", "MODEL", "MODEL_AS_ROOT")}
    complete |= {"KUBECONFIG": "/kubeconfig", "CLUSTER_BROKER_HOST": "192.0.2.1"}
    assert existing(complete).images.model_as_root == "MODEL_AS_ROOT"
    with pytest.raises(ClusterUnavailableError, match="CLUSTER_MODEL_IMAGE, CLUSTER_BROKER_HOST"):
        existing({**complete, "CLUSTER_MODEL_IMAGE": "", "CLUSTER_BROKER_HOST": ""})
