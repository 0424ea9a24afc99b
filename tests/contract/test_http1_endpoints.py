"""One model, several addresses: who gets the next call, who is left out, and whom TLS lets in."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from penstock_worker.core.outcomes import Outcome
from penstock_worker.transports import http1
from support.model_calls import Caller, calling
from support.ports import free_port
from support.scripted_http import OK, SILENCE, Reply, ScriptedServer, Then, answer, whole

FIRST, SECOND, THIRD = "127.0.0.1", "127.0.0.2", "127.0.0.3"
BY_NAME = "http://model.test:{port}/predict"


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the model's name resolves to; looked up anew every few milliseconds."""
    found = [FIRST]

    async def resolve(_target: object) -> list[str]:
        return list(found)

    monkeypatch.setattr(http1, "resolve", resolve)
    monkeypatch.setattr(http1, "RESOLVE_INTERVAL_SECONDS", 0.01)
    return found


@asynccontextmanager
async def several(*places: str, ever_after: Reply = OK) -> AsyncIterator[dict[str, ScriptedServer]]:
    """One port on every address; each server's answers name nobody."""
    port = free_port()
    servers = {place: ScriptedServer(address=place, port=port, ever_after=ever_after) for place in places}
    for server in servers.values():
        await server.start()
    try:
        yield servers
    finally:
        for server in servers.values():
            await server.stop()


async def resolved(caller: Caller, count: int) -> None:
    """Until the transport knows so many addresses."""
    async with asyncio.timeout(5):
        while len(caller.transport.endpoints.all) != count:  # noqa: ASYNC110 - nothing tells of a look-up
            await asyncio.sleep(0.005)


async def ask_until_elsewhere(caller: Caller) -> None:
    """One call, sent again at once as long as its endpoint is lost, as the predict stage does."""
    heard = await caller.ask()
    while heard.setback and heard.setback.lost_endpoint:
        heard = await caller.ask(again=heard.call)
    assert heard.body == b"ok"


# --- whose turn it is ------------------------------------------------------------------------------------------


async def test_calls_spread_over_all_addresses(addresses: list[str]) -> None:
    addresses[:] = [FIRST, SECOND, THIRD]
    async with several(*addresses) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        for _ in range(30):
            caller.send()
        for _ in range(30):
            await caller.next()
        assert [len(server.requests) for server in servers.values()] == [10, 10, 10]


async def test_the_least_busy_address_is_next(addresses: list[str]) -> None:
    addresses[:] = [FIRST, SECOND]
    async with several(*addresses) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        servers[FIRST]._ever_after = SILENCE
        for _ in range(2):
            caller.send()  # one each: the first address keeps its own
        await caller.next()
        for _ in range(10):
            await caller.ask()
        assert [len(server.requests) for server in servers.values()] == [1, 11]


# --- ejection and return ------------------------------------------------------------------------------------------


async def test_a_refused_connection_is_not_now_and_ejects_the_only_address() -> None:
    async with calling(free_port()) as caller:
        heard = await caller.ask()
        assert heard.setback
        assert (heard.outcome, heard.setback.lost_endpoint) == (Outcome.NOT_NOW, True)
        assert "127.0.0.1" not in heard.setback.text
        assert not caller.transport.has_endpoint(time.monotonic())
        assert not caller.send(), "an ejected endpoint gets no call"
        assert caller.send(probe=True), "but a probe"
        assert not caller.transport.ever_connected


async def test_an_ejected_address_is_back_after_a_second() -> None:
    port = free_port()
    async with calling(port) as caller:
        await caller.ask()
        async with ScriptedServer(port=port):
            assert caller.transport.has_endpoint(time.monotonic() + 1.001)
            assert not caller.transport.has_endpoint(time.monotonic() + 0.9)
            await asyncio.sleep(1.05)
            assert (await caller.ask()).body == b"ok"
            assert caller.transport.ever_connected


async def test_every_refusal_in_a_row_ejects_for_twice_as_long() -> None:
    async with calling(free_port()) as caller:
        longest = []
        for _ in range(3):
            caller.send(probe=True)
            await caller.next()
            now = time.monotonic()
            endpoint = caller.transport.endpoints.all[0]
            longest.append(round(endpoint.ejected_until - now))
            endpoint.ejected_until = now  # its time has come
        assert longest == [1, 2, 4]


async def test_calls_to_an_address_that_is_down_go_elsewhere_at_once(addresses: list[str]) -> None:
    addresses[:] = [FIRST, SECOND]
    async with several(*addresses) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        await servers[FIRST].stop()
        started = time.monotonic()
        for _ in range(10):
            await ask_until_elsewhere(caller)
        assert time.monotonic() - started < 0.5
        assert len(servers[SECOND].requests) == 10


async def test_an_address_that_is_up_again_gets_calls_again(addresses: list[str]) -> None:
    addresses[:] = [FIRST, SECOND]
    async with several(*addresses) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        await servers[FIRST].stop()
        for _ in range(2):
            await ask_until_elsewhere(caller)
        await servers[FIRST].start()
        await asyncio.sleep(1.05)
        for _ in range(4):
            await ask_until_elsewhere(caller)
        assert len(servers[FIRST].requests) == 2


@pytest.mark.parametrize("failure", [whole(answer(status=b"500 x")), Reply(then=Then.CLOSE), whole(b"garbage\r\n\r\n")])
async def test_three_failures_over_distinct_records_eject_an_address(addresses: list[str], failure: Reply) -> None:
    addresses[:] = [FIRST, SECOND]
    async with several(*addresses) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        servers[FIRST]._ever_after = failure
        heard = [await caller.ask() for _ in range(20)]
        assert [each.outcome for each in heard].count(Outcome.FAILED) == 3
        assert len(servers[SECOND].requests) == 17


async def test_one_record_that_fails_again_and_again_proves_nothing_against_its_address() -> None:
    failure = whole(answer(status=b"500 x"))
    async with ScriptedServer(ever_after=failure) as server, calling(server.port) as caller:
        heard = await caller.ask()
        for _ in range(5):
            heard = await caller.ask(again=heard.call)
        assert caller.transport.has_endpoint(time.monotonic())


async def test_a_refusal_between_two_failures_proves_the_address_alive() -> None:
    failure, refusal = whole(answer(status=b"500 x")), whole(answer(status=b"422 x"))
    script = [failure, failure, refusal, failure, failure]
    async with ScriptedServer(*script) as server, calling(server.port) as caller:
        for _ in script:
            await caller.ask()
        assert caller.transport.has_endpoint(time.monotonic())


async def test_reinstated_addresses_get_calls_at_once() -> None:
    port = free_port()
    async with calling(port) as caller:
        await caller.ask()
        async with ScriptedServer(port=port):
            caller.transport.reinstate()
            assert (await caller.ask()).body == b"ok"


# --- the name resolves to something else --------------------------------------------------------------------------


async def test_an_added_address_gets_calls(addresses: list[str]) -> None:
    async with several(FIRST, SECOND) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        await caller.ask()
        addresses.append(SECOND)
        await resolved(caller, 2)
        for _ in range(10):
            await caller.ask()
        assert len(servers[SECOND].requests) == 5


async def test_a_removed_address_loses_its_idle_connections_and_gets_no_call(addresses: list[str]) -> None:
    addresses[:] = [FIRST, SECOND]
    async with several(*addresses) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        for _ in range(4):
            await caller.ask()
        addresses.remove(FIRST)
        await servers[FIRST].until_open(0)
        asked = len(servers[FIRST].requests)
        for _ in range(10):
            await caller.ask()
        assert len(servers[FIRST].requests) == asked


async def test_a_call_on_a_removed_address_is_still_answered(addresses: list[str]) -> None:
    addresses[:] = [FIRST, SECOND]
    late = Reply((answer(b"late")[:9], answer(b"late")[9:]), pause_seconds=0.2)
    async with several(*addresses, ever_after=late) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        caller.send()
        caller.send()
        addresses.remove(FIRST)
        await resolved(caller, 1)
        assert [(await caller.next()).body for _ in range(2)] == [b"late", b"late"]
        await servers[FIRST].until_open(0)
        assert servers[SECOND].open_connections == 1


async def test_an_address_that_comes_back_is_used_again(addresses: list[str]) -> None:
    async with several(FIRST, SECOND) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        await caller.ask()
        for found in ([SECOND], [FIRST]):
            addresses[:] = found
            await asyncio.sleep(0.05)
            await caller.ask()
        assert [len(server.requests) for server in servers.values()] == [2, 1]


async def test_a_failed_look_up_keeps_the_known_addresses(addresses: list[str]) -> None:
    async with several(FIRST) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        await caller.ask()
        addresses.clear()
        await asyncio.sleep(0.05)
        assert (await caller.ask()).body == b"ok"


async def test_a_name_without_addresses_has_no_endpoint_until_it_has(addresses: list[str]) -> None:
    addresses.clear()
    async with several(FIRST) as servers, calling(servers[FIRST].port, url=BY_NAME) as caller:
        assert not caller.transport.has_endpoint(time.monotonic())
        assert not caller.send(probe=True)
        addresses.append(FIRST)
        await resolved(caller, 1)
        assert (await caller.ask()).body == b"ok"


async def test_a_real_name_is_looked_up() -> None:
    async with ScriptedServer() as server, calling(server.port, url="http://localhost:{port}/predict") as caller:
        await ask_until_elsewhere(caller)
        assert b"Host: localhost:" in server.requests[0].head


async def test_a_name_that_does_not_exist_has_no_address() -> None:
    async with calling(1, url="http://no-such-model.invalid:{port}/predict") as caller:
        assert not caller.transport.has_endpoint(time.monotonic())


# --- TLS -----------------------------------------------------------------------------------------------------------


def trust(ca: trustme.CA, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this the system's only authority, as an operator does with a bundle of their own."""
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))


def tls_of(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(context)
    return context


Trusted = Callable[..., ssl.SSLContext]


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trusted:
    """A server's side of TLS with a certificate for these names, signed by the authority that the system trusts."""
    ca = trustme.CA()
    trust(ca, tmp_path, monkeypatch)
    return lambda *names: tls_of(ca, *names)


async def test_a_trusted_certificate_is_spoken_to(trusted: Trusted) -> None:
    slow = Reply((answer(b"first")[:-1], b"t"), pause_seconds=0.05)
    async with (
        ScriptedServer(slow, tls=trusted(FIRST)) as server,
        calling(server.port, url="https://127.0.0.1:{port}/predict") as caller,
    ):
        assert [(await caller.ask()).body for _ in range(2)] == [b"first", b"ok"]
        assert server.connections == 1


async def test_a_certificate_is_checked_against_the_name_not_the_address(
    trusted: Trusted, addresses: list[str]
) -> None:
    async with (
        ScriptedServer(tls=trusted("model.test")) as server,
        calling(server.port, url="https://model.test:{port}/predict") as caller,
    ):
        assert (await caller.ask()).body == b"ok"


@pytest.mark.parametrize("wrong", ["another.test", "127.0.0.1"])
async def test_a_certificate_for_another_name_is_refused(trusted: Trusted, addresses: list[str], wrong: str) -> None:
    async with (
        ScriptedServer(tls=trusted(wrong)) as server,
        calling(server.port, url="https://model.test:{port}/predict") as caller,
    ):
        await _is_not_spoken_to(server, caller)


async def test_a_certificate_of_a_stranger_is_refused(trusted: Trusted) -> None:
    async with (
        ScriptedServer(tls=tls_of(trustme.CA(), FIRST)) as server,
        calling(server.port, url="https://127.0.0.1:{port}/predict") as caller,
    ):
        await _is_not_spoken_to(server, caller)


async def test_a_server_that_never_shakes_hands_is_given_up(trusted: Trusted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "CONNECT_TIMEOUT_SECONDS", 0.2)
    async with (
        ScriptedServer() as server,
        calling(server.port, url="https://127.0.0.1:{port}/predict") as caller,
    ):
        await _is_not_spoken_to(server, caller)


async def _is_not_spoken_to(server: ScriptedServer, caller: Caller) -> None:
    heard = await caller.ask()
    assert heard.setback
    assert (heard.outcome, heard.setback.lost_endpoint) == (Outcome.NOT_NOW, True)
    assert not caller.transport.has_endpoint(time.monotonic())
    assert server.requests == []


async def test_a_tls_connection_cut_short_is_a_failed_call(trusted: Trusted) -> None:
    """An end without close_notify may be an attacker's: RFC 9112 9.8 calls such an answer incomplete."""
    cut = Reply((b"HTTP/1.1 200 OK\r\n\r\nhalf",), then=Then.RESET)
    async with (
        ScriptedServer(cut, tls=trusted(FIRST)) as server,
        calling(server.port, url="https://127.0.0.1:{port}/predict") as caller,
    ):
        assert (await caller.ask()).outcome is Outcome.FAILED
