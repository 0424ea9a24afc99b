"""The CustomResourceDefinition on an API server, and what that server says to documents."""

from http import HTTPStatus
from typing import Any, Final

from penstock_operator.api.v1alpha1 import API_VERSION
from support.api_connection import APPLY_PATCH, Answer, ApiConnection
from support.custom_resources.definition import definition
from support.custom_resources.documents import Document
from support.waiting import wait_until

_DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_ESTABLISHED_SECONDS: Final = 30

NAMESPACE: Final = "default"
RESOURCES: Final = f"/apis/{API_VERSION}/namespaces/{NAMESPACE}/modeldeployments"


def install(api: ApiConnection) -> dict[str, Any]:
    """The definition as the server keeps it, once it serves it."""
    name = definition()["metadata"]["name"]
    path = f"{_DEFINITIONS}/{name}"
    answer = api.patch(f"{path}?fieldManager=test&fieldValidation=Strict", definition(), kind=APPLY_PATCH)
    if not answer.ok:
        raise RuntimeError(f"the API server does not take {name}: {answer.body['message']}")
    wait_until(f"{name} is served", lambda: _is_served(api, path), _ESTABLISHED_SECONDS)
    kept: dict[str, Any] = api.get(path).body
    return kept


def _is_served(api: ApiConnection, path: str) -> bool:
    conditions = api.get(path).body["status"]["conditions"] or ()  # null at first
    established = any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
    return established and api.get(RESOURCES).status == HTTPStatus.OK


def try_out(api: ApiConnection, document: Document) -> Answer:
    """What creating it would give, unknown fields refused; nothing is kept."""
    return api.post(f"{RESOURCES}?dryRun=All&fieldValidation=Strict", document)
