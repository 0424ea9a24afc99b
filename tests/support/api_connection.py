"""One kept connection to a Kubernetes API server, for tests that want its own words and many answers a second."""

import json
import ssl
from base64 import b64decode
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from penstock_operator.files.json_text import dump_json

MERGE_PATCH: Final = "application/merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
TABLE: Final = "application/json;as=Table;g=meta.k8s.io;v=v1"

_TIMEOUT_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is JSON: the object, the list, or a `Status` that says why not."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Access:
    """Where an API server is, and whom it should trust: what a kubeconfig says. `address` is host:port."""

    address: str
    context: ssl.SSLContext

    @classmethod
    def of(cls, kubeconfig: Path) -> Self:
        """`kubeconfig`: JSON with one cluster and one user, who has a client certificate; everything inside."""
        document = json.loads(kubeconfig.read_text())
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        context = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
        with NamedTemporaryFile() as pem:  # Python's ssl takes a client certificate from a file only
            pem.write(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
            pem.flush()
            context.load_cert_chain(pem.name)
        return cls(urlsplit(cluster["server"]).netloc, context)


class ApiConnection:
    """Not for threads to share; not for calls that take long."""

    def __init__(self, access: Access) -> None:
        self._connection = HTTPSConnection(access.address, timeout=_TIMEOUT_SECONDS, context=access.context)

    @classmethod
    def of(cls, kubeconfig: Path) -> Self:
        return cls(Access.of(kubeconfig))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, path: str, *, accept: str = "application/json") -> Answer:
        return self._ask("GET", path, None, {"Accept": accept})

    def post(self, path: str, body: Any) -> Answer:
        return self._ask("POST", path, body, {"Content-Type": "application/json"})

    def put(self, path: str, body: Any) -> Answer:
        return self._ask("PUT", path, body, {"Content-Type": "application/json"})

    def patch(self, path: str, body: Any, *, kind: str = MERGE_PATCH) -> Answer:
        return self._ask("PATCH", path, body, {"Content-Type": kind})

    def delete(self, path: str) -> Answer:
        return self._ask("DELETE", path, None, {})

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        content = None if body is None else dump_json(body)
        self._connection.request(method, path, content, headers)
        response = self._connection.getresponse()
        return Answer(response.status, json.loads(response.read()))
