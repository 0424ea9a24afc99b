"""The API server, as the operator uses it: fixed paths, plain JSON, one attempt with a deadline for each call.

The only module that reads or writes objects. Writes are counted; their answers are handed back, so that the store can
hold them before the watch tells of them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from urllib3.exceptions import HTTPError

from penstock_operator.cluster.api_errors import ApiError, error_of
from penstock_operator.cluster.connection import Answer, Connection
from penstock_operator.observed import ChildKey, Event, Manifest
from penstock_operator.state.kinds import BY_KIND, DEPLOYMENT, MODEL_DEPLOYMENT, ApiResource, ResourceKey

FIELD_MANAGER: Final = "penstock-operator"
PAGE_OBJECTS: Final = 250

Count = Callable[[str, str, int | None], None]
"""Verb, kind and HTTP status of a write; None where there was no answer."""

_NO_SUCH_VERSION: Final = "1"


class Cluster:
    """Every method raises `ApiError`."""

    def __init__(self, connection: Connection, *, instance: str, count: Count) -> None:
        """`instance` is what events call this operator: its pod."""
        self._connection = connection
        self._instance = instance
        self._count = count

    def pages(self, resource: ApiResource, namespace: str | None) -> Iterator[tuple[list[Manifest], int]]:
        """The objects that are watched, a page at a time, each with the version of the whole list."""
        query = {"limit": str(PAGE_OBJECTS)}
        if resource.label_selector:
            query["labelSelector"] = resource.label_selector
        while True:
            page = self._call("GET", resource.path(namespace), query=query).json()
            yield page["items"], int(page["metadata"]["resourceVersion"])
            if not page["metadata"].get("continue"):
                return
            query["continue"] = page["metadata"]["continue"]

    def read(self, resource: ApiResource, key: ResourceKey) -> Manifest | None:
        found: Manifest | None = self._unless_absent("GET", resource.path(*key))
        return found

    def apply(self, manifest: Manifest, uid: str | None) -> Manifest:
        """Server-side apply with force.

        `uid` is a precondition: that object and no other is changed. None: the object is created and nothing changed,
        by a resource version that none has, since the API server looks at it only where there is an object. Either
        way 409 where it is otherwise.
        """
        resource, key = BY_KIND[manifest["kind"]], _key(manifest)
        metadata = {**manifest["metadata"], **({"resourceVersion": _NO_SUCH_VERSION} if uid is None else {"uid": uid})}
        return self._write(
            "PATCH",
            resource,
            resource.path(*key),
            verb="apply",
            query={"fieldManager": FIELD_MANAGER, "force": "true"},
            body={**manifest, "metadata": metadata},
            content_type="application/apply-patch+yaml",  # JSON is YAML
        )

    def delete(self, namespace: str, child: ChildKey, uid: str) -> None:
        """It, and no later object of its name; that it is gone already is as good."""
        resource = BY_KIND[child.kind]
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        with suppress(_Absent):
            self._write("DELETE", resource, resource.path(namespace, child.name), verb="delete", body=body)

    def scale(self, key: ResourceKey, replicas: int) -> Manifest | None:
        """Returns the Deployment after it: the answer of `/scale` does not hold it. None where it is gone."""
        with suppress(_Absent):
            self._write(
                "PATCH",
                DEPLOYMENT,
                DEPLOYMENT.path(*key, "scale"),
                verb="scale",
                query={"fieldManager": FIELD_MANAGER},
                body={"spec": {"replicas": replicas}},
                content_type="application/merge-patch+json",
            )
        return self.read(DEPLOYMENT, key)

    def write_status(self, resource: Manifest, status: Manifest) -> Manifest:
        """Replaces the status of exactly the version that was read; 409 where there is a newer one."""
        path = MODEL_DEPLOYMENT.path(*_key(resource), "status")
        body = {**resource, "status": status}
        query = {"fieldManager": FIELD_MANAGER}
        return self._write("PUT", MODEL_DEPLOYMENT, path, verb="status", query=query, body=body)

    def post_event(self, resource: Manifest, event: Event, now: datetime) -> None:
        namespace, name = _key(resource)
        events = ApiResource("Event", "events.k8s.io", "v1", "events")
        body = {
            "apiVersion": events.api_version,
            "kind": events.kind,
            "metadata": {"namespace": namespace, "name": f"{name}.{uuid4().hex[:16]}"},
            "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "reportingController": FIELD_MANAGER,
            "reportingInstance": self._instance,
            "action": "Reconcile",
            "type": event.type,
            "reason": event.reason,
            "note": event.message,
            "regarding": {
                "apiVersion": MODEL_DEPLOYMENT.api_version,
                "kind": MODEL_DEPLOYMENT.kind,
                "namespace": namespace,
                "name": name,
                "uid": resource["metadata"]["uid"],
            },
        }
        self._write("POST", events, events.path(namespace), verb="event", body=body)

    def serves(self, resource: ApiResource) -> bool:
        """Whether the API server knows the kind."""
        served = self._unless_absent("GET", resource.group_path)
        return served is not None and any(each["name"] == resource.plural for each in served["resources"])

    def schema(self, resource: ApiResource) -> Mapping[str, Any] | None:
        """The OpenAPI schema of a kind, which any account may read; None where the kind is not served."""
        document = self._unless_absent("GET", f"/openapi/v3{resource.group_path}")
        schemas = {} if document is None else document["components"]["schemas"]
        wanted = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        of_kind = (each for each in schemas.values() if wanted in each.get("x-kubernetes-group-version-kind", ()))
        return next(of_kind, None)

    def _write(self, method: str, resource: ApiResource, path: str, *, verb: str, **request: Any) -> Manifest:
        status: int | None = None
        try:
            answer = self._call(method, path, **request)
            status = answer.status
        except ApiError as error:
            status = error.status
            raise
        finally:
            self._count(verb, resource.kind, status)
        manifest: Manifest = answer.json()
        return manifest

    def _unless_absent(self, method: str, path: str) -> Any:
        with suppress(_Absent):
            return self._call(method, path).json()
        return None

    def _call(self, method: str, path: str, **request: Any) -> Answer:
        try:
            answer = self._connection.request(method, path, **request)
        except HTTPError as error:
            raise ApiError(None, f"no answer from the API server: {type(error).__name__}") from error
        if answer.status < 400:
            return answer
        said_no = error_of(answer.status, answer.headers, answer.body)
        raise _Absent(404, str(said_no)) if answer.status == 404 else said_no


class _Absent(ApiError):  # noqa: N818 - an answer like any other
    """404."""


def _key(manifest: Manifest) -> ResourceKey:
    return ResourceKey(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
