"""pytest: a real API server, a real cluster. What must be built or installed is, before the first test begins."""

from collections.abc import Iterator

import pytest

from cluster import api_server as api_server_alone
from cluster import session as whole_cluster
from cluster.api_server import ApiServer
from cluster.availability import required, unavailable
from cluster.errors import ClusterUnavailableError
from cluster.session import Cluster

_SLOW_TO_MAKE = {"cluster": whole_cluster.ensure_available, "api_server": api_server_alone.ensure_available}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need the cluster come last, after any shuffle, so that it does not run beside all the others."""
    items.sort(key=lambda item: "cluster" in _fixtures(item))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Minutes on a fresh machine, which no test's timeout should have to cover."""
    if session.config.option.collectonly:
        return
    wanted = {name for item in session.items for name in _fixtures(item)}
    for fixture, ensure_available in _SLOW_TO_MAKE.items():
        if fixture in wanted:
            try:
                ensure_available()
            except ClusterUnavailableError:
                return  # the fixture finds it again, and there it fails or skips the tests that need it


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if unavailable:
        terminalreporter.section("THE TEST CLUSTER WAS NOT AVAILABLE: its tests did not run", sep="!", red=True)
        for reason in unavailable:
            terminalreporter.write_line(reason)


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    """etcd and kube-apiserver alone, shared by the whole run: give every object a name of its own."""
    with required():
        server = ApiServer()
    with server:
        yield server


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A Kubernetes node with DNS and KEDA, our images on it; shared by the whole run."""
    with required():
        context = whole_cluster.running()
        found = context.__enter__()
    try:
        yield found
    finally:
        context.__exit__(None, None, None)
