"""Each test here runs on the fake API server and on a real one, unless it needs what only the fake can do."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from penstock_operator.cluster import Cluster
from penstock_operator.connection import Connection
from support.api_connection import ApiConnection
from support.custom_resources import served
from support.fake_api.server import FakeApi
from support.operator.api import NAMESPACES, Api, User

if TYPE_CHECKING:
    from cluster.api_server import ApiServer

THREADS = 8

_NONE = SimpleNamespace(params={})


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.fixture
def fake_api(fake: FakeApi, tmp_path: Path) -> Api:
    return Api(fake.write_kubeconfig(tmp_path / "kubeconfig"), fake)


@pytest.fixture(scope="session")
def real_api(api_server: "ApiServer") -> Api:
    with ApiConnection.of(api_server.kubeconfig) as connection:
        served.install(connection)
    return Api(api_server.kubeconfig)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "api" in metafunc.fixturenames:
        real = pytest.param("real_api", marks=pytest.mark.cluster, id="real")
        metafunc.parametrize("api", [pytest.param("fake_api", id="fake"), real], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a parameter asks for, the plugin that builds it before the first test cannot see."""
    for item in items:
        if isinstance(item, pytest.Function) and "real_api" in getattr(item, "callspec", _NONE).params.values():
            item.fixturenames.insert(0, "api_server")


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Api:
    found: Api = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def user(api: Api) -> Iterator[User]:
    yield from a_user(api)


@pytest.fixture
def fake_user(fake_api: Api) -> Iterator[User]:
    yield from a_user(fake_api)


def a_user(api: Api) -> Iterator[User]:
    connection = Connection(api.configuration(), threads=2)
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    if api.fake is None:
        answer = connection.request("POST", NAMESPACES, body={"metadata": {"name": namespace}})
        assert answer.status == 201, answer.body
    yield User(connection, namespace)
    connection.close()


@pytest.fixture
def writes() -> list[tuple[str, str, int | None]]:
    """Verb, kind and status of what `calls` wrote."""
    return []


@pytest.fixture
def calls(api: Api, writes: list[tuple[str, str, int | None]]) -> Iterator[Cluster]:
    connection = Connection(api.configuration(), threads=THREADS)
    yield Cluster(connection, instance="test", count=lambda *write: writes.append(write))
    connection.close()
