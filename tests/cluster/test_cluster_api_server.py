"""The API server without a cluster, as other tests use it."""

import json
from collections.abc import Callable

import pytest

from cluster import versions
from cluster.api_server import ApiServer
from cluster.kubectl import KubectlError

pytestmark = pytest.mark.cluster


def config_map(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": "value"}}


def test_it_is_of_the_version_that_was_asked_for(api_server: ApiServer) -> None:
    version = json.loads(api_server.kubectl("version", "--output=json"))
    assert version["serverVersion"]["gitVersion"] == version["clientVersion"]["gitVersion"] == f"v{versions.KUBERNETES}"


def test_objects_outlive_the_server(unique: Callable[[str], str]) -> None:
    name = unique("kept")
    with ApiServer() as server:
        server.kubectl.of("default").apply(config_map(name))
        server.kill()
        with pytest.raises(KubectlError, match="refused"):
            server.kubectl("get", "--raw=/version")
        server.start()
        assert server.kubectl.of("default").get("configmap", name)["data"] == {"key": "value"}


def test_the_audit_log_tells_who_wrote_what(api_server: ApiServer, unique: Callable[[str], str]) -> None:
    name = unique("audited")
    kubectl = api_server.kubectl.of("default")
    kubectl.apply(config_map(name))
    kubectl.get("configmap", name)
    lines = [json.loads(line) for line in api_server.audit_log.read_text().splitlines()]
    of_it = [line for line in lines if line.get("objectRef", {}).get("name") == name]
    assert [line["verb"] for line in of_it] in (["create"], ["patch"])
    assert of_it[0]["userAgent"].startswith("kubectl")
