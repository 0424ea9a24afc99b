"""An API server, fake or real, and somebody who works on it beside the operator."""

import copy
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from kubernetes.client import Configuration
from kubernetes.config import load_kube_config

from penstock_operator.cluster.connection import Connection
from penstock_operator.state.kinds import MODEL_DEPLOYMENT, ApiResource, ResourceKey
from support.api_connection import ApiConnection
from support.custom_resources import served
from support.custom_resources.documents import first_document
from support.fake_api.server import FakeApi

Object = dict[str, Any]

NAMESPACES = "/api/v1/namespaces"


@dataclass(frozen=True, slots=True)
class Api:
    """`fake` None: a real one."""

    kubeconfig: Path
    fake: FakeApi | None = None

    def configuration(self) -> Configuration:
        configuration = Configuration()
        load_kube_config(  # type: ignore[no-untyped-call]
            config_file=str(self.kubeconfig), client_configuration=configuration
        )
        return configuration


def install_definition(kubeconfig: Path) -> None:
    """On a real API server."""
    with ApiConnection.of(kubeconfig) as connection:
        served.install(connection)


class User:
    """Somebody with a connection and a namespace of their own. What the API server refuses fails the test."""

    def __init__(self, connection: Connection, namespace: str) -> None:
        self.connection = connection
        self.namespace = namespace

    @classmethod
    def of(cls, api: Api) -> Iterator[Self]:
        """For a fixture: with a new namespace, and closed after the test."""
        connection = Connection(api.configuration(), threads=2)
        namespace = f"test-{uuid.uuid4().hex[:8]}"
        if api.fake is None:
            answer = connection.request("POST", NAMESPACES, body={"metadata": {"name": namespace}})
            assert answer.status == 201, answer.body
        yield cls(connection, namespace)
        connection.close()

    def key(self, name: str) -> ResourceKey:
        return ResourceKey(self.namespace, name)

    def get(self, resource: ApiResource, name: str) -> Object | None:
        answer = self.connection.request("GET", resource.path(self.namespace, name))
        return None if answer.status == 404 else self._taken(answer)

    def create(self, resource: ApiResource, name: str, body: Mapping[str, Any]) -> Object:
        document = {"apiVersion": resource.api_version, "kind": resource.kind, **copy.deepcopy(dict(body))}
        document["metadata"] = {**document.get("metadata", {}), "name": name}
        return self._taken(self.connection.request("POST", resource.path(self.namespace), body=document))

    def create_deployment(self, name: str) -> Object:
        """A ModelDeployment."""
        return self.create(MODEL_DEPLOYMENT, name, {"spec": first_document()["spec"]})

    def merge(self, resource: ApiResource, name: str, patch: Mapping[str, Any], *, subresource: str = "") -> Object:
        path = resource.path(self.namespace, name, subresource)
        kind = "application/merge-patch+json"
        return self._taken(self.connection.request("PATCH", path, body=patch, content_type=kind))

    def delete(self, resource: ApiResource, name: str) -> None:
        self._taken(self.connection.request("DELETE", resource.path(self.namespace, name)))

    def _taken(self, answer: Any) -> Object:
        assert answer.status < 400, answer.body
        taken: Object = answer.json()
        return taken
