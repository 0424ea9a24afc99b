"""The API server goes and comes back under a running operator, which carries on by itself."""

from collections.abc import Iterator

import pytest

from cluster.api_server import ApiServer
from penstock_operator.state.kinds import BY_KIND, MODEL_DEPLOYMENT
from support.operator.api import Api, User, install_definition
from support.operator.operator_run import OperatorRun
from support.operator.stub_decision import child_name, decide
from support.waiting import wait_until

pytestmark = pytest.mark.cluster

CONFIG_MAP = BY_KIND["ConfigMap"]
SOON_SECONDS = 60


@pytest.fixture(scope="module")
def own_server(api_server: ApiServer) -> Iterator[ApiServer]:
    """Beside the shared one, whose going would be felt by other tests."""
    with ApiServer() as server:
        install_definition(server.kubeconfig)
        yield server


@pytest.fixture
def user(own_server: ApiServer) -> Iterator[User]:
    yield from User.of(Api(own_server.kubeconfig))


def says(user: User, text: str) -> bool:
    return (user.get(CONFIG_MAP, child_name("fraud")) or {}).get("data") == {"paused": text}


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_what_is_changed_after_it_came_back_is_followed(own_server: ApiServer, user: User, way: str) -> None:
    with OperatorRun(Api(own_server.kubeconfig), decide, namespaces=(user.namespace,)) as run:
        user.create_deployment("fraud")
        wait_until("the child is there", lambda: says(user, "False"), SOON_SECONDS)
        getattr(own_server, way)()
        own_server.start()
        user.merge(MODEL_DEPLOYMENT, "fraud", {"spec": {"paused": True}})
        wait_until("the change is followed", lambda: says(user, "True"), SOON_SECONDS)
        user.delete(CONFIG_MAP, child_name("fraud"))
        wait_until("the child is there again", lambda: says(user, "True"), SOON_SECONDS)
        assert run.get("/healthz")[0] == 200


def test_an_operator_that_starts_without_an_api_server_waits_for_it(own_server: ApiServer, user: User) -> None:
    user.create_deployment("fraud")
    own_server.kill()
    with OperatorRun(Api(own_server.kubeconfig), decide, namespaces=(user.namespace,)) as run:
        alive, ready = run.get("/healthz")[0], run.get("/readyz")[0]
        own_server.start()
        assert (alive, ready) == (200, 503)
        wait_until("the child is there", lambda: says(user, "False"), SOON_SECONDS)
        assert run.get("/readyz")[0] == 200
