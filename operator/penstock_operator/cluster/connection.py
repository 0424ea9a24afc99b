"""HTTP to the API server: the `kubernetes` client's credentials, TLS and proxies, and its urllib3 pool.

Its generated layer is left out. It knows no server-side apply of plain JSON, retries on its own, which is the work
queue's business here, and walks every body twice.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import urllib3
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject
from kubernetes.config import ConfigException, load_incluster_config, load_kube_config

from penstock_operator.files.json_text import dump_json

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0
USER_AGENT: Final = "penstock-operator"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class NoCredentials(Exception):  # noqa: N818 - a verdict on the user's set-up
    """Neither a pod's service account nor a kubeconfig."""


def load_configuration() -> Configuration:
    """The service account's where the operator runs in a pod, else the kubeconfig's.

    Raises `NoCredentials`.
    """
    configuration = Configuration()
    try:
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except ConfigException:
        try:
            load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except ConfigException as error:
            raise NoCredentials(
                "not in a pod with a service account, and no kubeconfig was found; set KUBECONFIG"
            ) from error
    return configuration


class Connection:
    """Requests with deadlines and without retries. Safe to use from several threads."""

    def __init__(self, configuration: Configuration, *, threads: int) -> None:
        configuration.connection_pool_maxsize = threads
        configuration.retries = False
        self._configuration = configuration
        self._pool: urllib3.PoolManager = RESTClientObject(configuration).pool_manager

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Answer:
        """Whatever the API server answered, errors included.

        Raises urllib3's `HTTPError` where there was no answer in time.
        """
        headers = {"Accept": accept, "User-Agent": USER_AGENT, **self._credentials()}
        if body is not None:
            headers["Content-Type"] = content_type
        response = self._pool.request(
            method,
            self._configuration.host + path + (f"?{urlencode(query)}" if query else ""),
            headers=headers,
            body=None if body is None else dump_json(body),
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )
        return Answer(response.status, response.headers, response.data)

    def close(self) -> None:
        self._pool.clear()

    def _credentials(self) -> Mapping[str, str]:
        """Asked for each time, since the token of a service account is renewed in its file."""
        token = self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        if token:
            return {"Authorization": token}
        basic = self._configuration.get_basic_auth_token() if self._configuration.username else None
        return {"Authorization": basic} if basic else {}
