"""Each test here runs on the fake API server and on a real one, unless it needs what only the fake can do."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from penstock_operator.cluster.client import Cluster
from penstock_operator.cluster.connection import Connection
from support.fake_api.server import FakeApi
from support.operator.api import Api, User, install_definition

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
    install_definition(api_server.kubeconfig)
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
    yield from User.of(api)


@pytest.fixture
def fake_user(fake_api: Api) -> Iterator[User]:
    yield from User.of(fake_api)


@pytest.fixture
def writes() -> list[tuple[str, str, int | None]]:
    """Verb, kind and status of what `calls` wrote."""
    return []


@pytest.fixture
def calls(api: Api, writes: list[tuple[str, str, int | None]]) -> Iterator[Cluster]:
    connection = Connection(api.configuration(), threads=THREADS)
    yield Cluster(connection, instance="test", count=lambda *write: writes.append(write))
    connection.close()
