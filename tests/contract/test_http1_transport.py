"""One call, one outcome: whatever a model writes on the wire, the transport says it once and says it right."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from penstock_worker.core.outcomes import Outcome
from penstock_worker.transports.http1_connection import MAX_HEAD_BYTES
from support.model_calls import Heard, calling
from support.ports import free_port
from support.scripted_http import OK, SILENCE, Reply, ScriptedServer, Then, answer, byte_by_byte, whole

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


async def ask_one(reply: Reply, *, max_response_bytes: int = 1_000_000) -> Heard:
    """What one call leads to that meets this reply; every test's server answers further calls with `ok`."""
    async with (
        ScriptedServer(reply) as server,
        calling(server.port, max_response_bytes=max_response_bytes, timeout_seconds=2) as caller,
    ):
        heard = await caller.ask()
        await caller.hears_nothing(0.05)
        return heard


async def connections_for_two(reply: Reply) -> int:
    """How many connections two calls take, one after the other, the first of which meets this reply."""
    async with ScriptedServer(reply) as server, calling(server.port) as caller:
        await caller.ask()
        assert (await caller.ask()).body == b"ok"
        return server.connections


# --- the request -------------------------------------------------------------------------------------------------


async def test_the_request_is_a_post_of_the_records_bytes() -> None:
    async with ScriptedServer() as server, calling(server.port) as caller:
        await caller.ask(b'{"a":\xff}')
        (request,) = server.requests
        assert request.body == b'{"a":\xff}'
        assert request.head.split(b"\r\n") == [
            b"POST /predict HTTP/1.1",
            b"Host: 127.0.0.1:%d" % server.port,
            b"User-Agent: penstock",
            b"Content-Type: application/json",
            b"Content-Length: 7",
            b"",
            b"",
        ]


async def test_rendered_headers_replace_the_content_type() -> None:
    async with ScriptedServer() as server, calling(server.port) as caller:
        await caller.ask(b"", headers=b"Content-Type: text/csv\r\ntraceparent: 00-1-2-01\r\n")
        head = server.requests[0].head
        assert b"Content-Type: text/csv\r\ntraceparent: 00-1-2-01\r\nContent-Length: 0\r\n\r\n" in head
        assert b"application/json" not in head


async def test_a_query_and_an_ipv6_literal_reach_the_request() -> None:
    async with (
        ScriptedServer(address="::1") as server,
        calling(server.port, url="http://[::1]:{port}/v1?a=b") as caller,
    ):
        await caller.ask()
        assert server.requests[0].head.startswith(b"POST /v1?a=b HTTP/1.1\r\nHost: [::1]:%d\r\n" % server.port)


async def test_a_large_body_goes_out_and_comes_back() -> None:
    body = bytes(range(256)) * 8000
    async with (
        ScriptedServer(whole(answer(body))) as server,
        calling(server.port, max_response_bytes=len(body)) as caller,
    ):
        heard = await caller.ask(body)
        assert heard.body == server.requests[0].body == body


async def test_calls_at_the_same_time_get_their_own_answers() -> None:
    replies = [whole(answer(b"%d" % number)) for number in range(30)]
    async with ScriptedServer(*replies) as server, calling(server.port) as caller:
        for number in range(30):
            caller.send(b"%d" % number)
        heard = [await caller.next() for _ in range(30)]
        arrived = {request.body: b"%d" % place for place, request in enumerate(server.requests)}
        assert {each.call.value: each.body for each in heard} == arrived


# --- whole answers -----------------------------------------------------------------------------------------------

ANSWERS = {
    "with a length": (answer(b"body"), b"body"),
    "empty": (answer(b""), b""),
    "204 without a length": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "chunked": (CHUNKED + b"2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n", b"body"),
    "chunked with an extension and a trailer": (CHUNKED + b"4;a=b\r\nbody\r\n0\r\nTrailer: x\r\n\r\n", b"body"),
    "behind a 100": (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"body"), b"body"),
    "behind a 103 with headers": (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(b"body"), b"body"),
    "behind many interims": (b"HTTP/1.1 102 Processing\r\n\r\n" * 5 + answer(b"body"), b"body"),
    "HTTP/1.0": (answer(b"body", version=b"HTTP/1.0"), b"body"),
    "lower case, no space": (b"HTTP/1.1 200 \r\ncontent-length:4\r\n\r\nbody", b"body"),
}


@pytest.mark.parametrize(("sent", "body"), ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_is_read_whole(sent: bytes, body: bytes) -> None:
    assert (await ask_one(whole(sent))).body == body


@pytest.mark.parametrize(("sent", "body"), ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_may_come_byte_by_byte(sent: bytes, body: bytes) -> None:
    assert (await ask_one(byte_by_byte(sent))).body == body


@pytest.mark.parametrize("head", [UNTIL_CLOSED, UNTIL_CLOSED.replace(b"1.1", b"1.0")])
async def test_an_answer_without_a_length_ends_with_its_connection(head: bytes) -> None:
    assert (await ask_one(whole(head + b"body", Then.CLOSE))).body == b"body"
    assert (await ask_one(whole(head, Then.CLOSE))).body == b""


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DONE),
        (201, Outcome.DONE),
        (299, Outcome.DONE),
        (300, Outcome.UNUSABLE),
        (302, Outcome.UNUSABLE),
        (400, Outcome.REFUSED),
        (401, Outcome.MISCONFIGURED),
        (404, Outcome.MISCONFIGURED),
        (408, Outcome.FAILED),
        (413, Outcome.REFUSED),
        (422, Outcome.REFUSED),
        (425, Outcome.FAILED),
        (429, Outcome.NOT_NOW),
        (500, Outcome.FAILED),
        (503, Outcome.NOT_NOW),
        (599, Outcome.FAILED),
        (999, Outcome.FAILED),
    ],
)
async def test_a_status_decides_the_outcome(status: int, outcome: Outcome) -> None:
    heard = await ask_one(whole(answer(b"why", status=b"%d x" % status)))
    assert heard.outcome is outcome
    assert (heard.body if heard.setback is None else heard.setback.body) == b"why"


async def test_a_redirect_is_not_followed() -> None:
    elsewhere = b"Location: http://127.0.0.1:%d/other\r\n" % free_port()
    async with (
        ScriptedServer(whole(answer(status=b"307 Temporary Redirect", headers=elsewhere))) as server,
        calling(server.port) as caller,
    ):
        heard = await caller.ask()
        await caller.hears_nothing()
        assert (heard.outcome, heard.status) == (Outcome.UNUSABLE, 307)
        assert len(server.requests) == 1


# --- connections kept and not kept -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        answer(b"x"),
        answer(b"x", status=b"422 Unprocessable"),
        CHUNKED + b"0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        answer(b"x", version=b"HTTP/1.0", headers=b"Connection: keep-alive\r\n"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"x"),
    ],
)
async def test_a_connection_serves_again(sent: bytes) -> None:
    assert await connections_for_two(whole(sent)) == 1


@pytest.mark.parametrize(
    "reply",
    [
        whole(answer(b"x", headers=b"Connection: close\r\n")),
        whole(answer(b"x", version=b"HTTP/1.0")),
        whole(UNTIL_CLOSED, Then.CLOSE),
        whole(answer(b"x") + answer(b"y")),
        whole(answer(b"x") + b"trailing garbage"),
        Reply((answer(b"x"), answer(b"nobody asked")), pause_seconds=0.0),
    ],
    ids=["Connection: close", "HTTP/1.0", "until closed", "two answers", "garbage behind", "a late second answer"],
)
async def test_a_connection_is_not_used_again(reply: Reply) -> None:
    async with ScriptedServer(reply) as server, calling(server.port) as caller:
        first = await caller.ask()
        assert first.outcome is Outcome.DONE
        await asyncio.sleep(0.05)  # whatever else the server has to say is there
        assert (await caller.ask()).body == b"ok"
        assert [request.connection for request in server.requests] == [1, 2]
        await server.until_open(1)


async def test_a_connection_closed_while_idle_is_not_used_again() -> None:
    async with ScriptedServer(whole(answer(b"x"), Then.CLOSE)) as server, calling(server.port) as caller:
        await caller.ask()
        await asyncio.sleep(0.05)
        assert (await caller.ask()).body == b"ok"


# --- an idle connection closed just as a request goes out ------------------------------------------------------------


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
async def test_the_keep_alive_race_is_retried_on_a_fresh_connection_and_costs_no_attempt(then: Then) -> None:
    async with ScriptedServer(OK, Reply(then=then)) as server, calling(server.port) as caller:
        await caller.ask()
        lost = await caller.ask()
        assert lost.setback
        assert (lost.outcome, lost.setback.lost_endpoint) == (Outcome.NOT_NOW, True)
        assert caller.transport.has_endpoint(time.monotonic()), "the race proves nothing against the model"
        assert (await caller.ask(again=lost.call)).body == b"ok"
        assert [request.connection for request in server.requests] == [1, 1, 2]


async def test_the_retry_does_not_take_another_idle_connection() -> None:
    slow = Reply((answer(b"")[:-1], b"\n"), pause_seconds=0.1)
    async with ScriptedServer(slow, slow, Reply(then=Then.CLOSE)) as server, calling(server.port) as caller:
        caller.send(b"first")
        caller.send(b"second")
        await caller.next()
        await caller.next()
        lost = await caller.ask()
        assert (await caller.ask(again=lost.call)).body == b"ok"
        assert server.connections == 3


async def test_a_second_loss_is_a_failure() -> None:
    gone = Reply(then=Then.CLOSE)
    async with ScriptedServer(OK, gone, gone) as server, calling(server.port) as caller:
        await caller.ask()
        lost = await caller.ask()
        assert (await caller.ask(again=lost.call)).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "parts", [b"HTTP/1.1 2", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2"]
)
async def test_a_server_that_had_begun_to_answer_is_no_race(parts: bytes) -> None:
    async with ScriptedServer(OK, whole(parts, Then.CLOSE)) as server, calling(server.port) as caller:
        await caller.ask()
        heard = await caller.ask()
        assert (heard.outcome, heard.status) == (Outcome.FAILED, None)


# --- no answer, half an answer, no HTTP ----------------------------------------------------------------------------

FAULTS = {
    "closed before a byte": Reply(then=Then.CLOSE),
    "reset before a byte": Reply(then=Then.RESET),
    "closed in the head": whole(b"HTTP/1.1 200 OK\r\nContent-", Then.CLOSE),
    "closed in the body": whole(answer(b"body")[:-1], Then.CLOSE),
    "reset in the body": whole(answer(b"body")[:-1], Then.RESET),
    "reset without a length": whole(UNTIL_CLOSED + b"bo", Then.RESET),
    "closed in a chunk": whole(CHUNKED + b"4\r\nbo", Then.CLOSE),
    "closed before the last chunk": whole(CHUNKED + b"4\r\nbody\r\n", Then.CLOSE),
    "garbage": whole(b"\x00\x01 this is not HTTP\r\n\r\n"),
    "a broken chunk size": whole(CHUNKED + b"four\r\nbody\r\n0\r\n\r\n"),
    "two lengths": whole(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody"),
    "length and chunks": whole(
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
    ),
    "a negative length": whole(b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nbody"),
    "an absurd length": whole(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nbody"),
    "switching protocols": whole(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    "an endless head": whole(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * (MAX_HEAD_BYTES // 4)),
    "an endless header line": whole(b"HTTP/1.1 200 OK\r\nX: " + b"x" * (4 * MAX_HEAD_BYTES)),
}


@pytest.mark.parametrize("reply", FAULTS.values(), ids=FAULTS)
async def test_a_broken_answer_is_a_failed_call(reply: Reply) -> None:
    async with ScriptedServer(reply) as server, calling(server.port, timeout_seconds=2) as caller:
        heard = await caller.ask()
        assert (heard.outcome, heard.status) == (Outcome.FAILED, None)
        await caller.hears_nothing(0.05)
        await server.until_open(0)
        assert (await caller.ask()).body == b"ok"


@pytest.mark.parametrize("reply", FAULTS.values(), ids=FAULTS)
async def test_a_failed_call_says_what_happened_without_saying_where(reply: Reply) -> None:
    setback = (await ask_one(reply)).setback
    assert setback
    assert setback.text
    assert "127.0.0.1" not in setback.text
    assert not setback.lost_endpoint


@pytest.mark.parametrize("reply", [SILENCE, whole(answer(b"body")[:-1]), whole(b"HTTP/1.1 100 Continue\r\n\r\n")])
async def test_a_late_answer_is_a_timeout_and_ends_its_connection(reply: Reply) -> None:
    async with ScriptedServer(reply) as server, calling(server.port, timeout_seconds=0.2) as caller:
        started = time.monotonic()
        heard = await caller.ask()
        assert 0.2 <= time.monotonic() - started < 1
        assert heard.outcome is Outcome.FAILED
        assert heard.setback
        assert heard.setback.overload
        await server.until_open(0)


# --- too large -----------------------------------------------------------------------------------------------------

TOO_LARGE = {
    "declared": whole(b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"),
    "chunked": whole(CHUNKED + b"65\r\n" + b"x" * 101),
    "in small chunks": whole(CHUNKED + b"1\r\nx\r\n" * 101),
    "until closed": whole(UNTIL_CLOSED + b"x" * 101),
}


@pytest.mark.parametrize("reply", TOO_LARGE.values(), ids=TOO_LARGE)
async def test_a_body_above_the_limit_is_unusable_as_soon_as_that_shows(reply: Reply) -> None:
    async with ScriptedServer(reply) as server, calling(server.port, max_response_bytes=100) as caller:
        heard = await caller.ask()
        assert (heard.outcome, heard.body) == (Outcome.UNUSABLE, None)
        await caller.hears_nothing(0.05)
        await server.until_open(0)


async def test_a_body_at_the_limit_passes() -> None:
    assert (await ask_one(whole(answer(b"x" * 100)), max_response_bytes=100)).body == b"x" * 100


@pytest.mark.parametrize(
    ("status", "outcome"), [(b"503 x", Outcome.NOT_NOW), (b"502 x", Outcome.FAILED), (b"404 x", Outcome.MISCONFIGURED)]
)
@pytest.mark.parametrize("headers", [b"Content-Length: 101\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_an_outage_with_a_long_page_is_still_an_outage(status: bytes, outcome: Outcome, headers: bytes) -> None:
    """A gateway's error page says nothing about the record, however long it is."""
    page = b"HTTP/1.1 " + status + b"\r\n" + headers + b"Retry-After: 7\r\n\r\n65\r\n" + b"x" * 101
    heard = await ask_one(whole(page), max_response_bytes=100)
    assert heard.setback
    assert (heard.outcome, heard.status) == (outcome, int(status[:3]))
    assert heard.setback.retry_after_seconds == 7


# --- Retry-After ---------------------------------------------------------------------------------------------------


async def retry_after(value: bytes) -> float | None:
    reply = whole(answer(status=b"503 Service Unavailable", headers=b"Retry-After: " + value + b"\r\n"))
    setback = (await ask_one(reply)).setback
    assert setback
    return setback.retry_after_seconds


@pytest.mark.parametrize(("value", "seconds"), [(b"0", 0), (b"7", 7), (b"120", 120)])
async def test_retry_after_in_seconds(value: bytes, seconds: float) -> None:
    assert await retry_after(value) == seconds


async def test_retry_after_as_a_date() -> None:
    """RFC 9110 10.2.3: an HTTP-date is the other form."""
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True).encode()
    seconds = await retry_after(at)
    assert seconds is not None
    assert 17 < seconds <= 20


async def test_retry_after_in_the_past_means_at_once() -> None:
    assert await retry_after(b"Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize("value", [b"soon", b"-1", b"1.5", b"", b"Wed, 99 Oct 2015 07:28:00 GMT", b"\xff", b"9" * 30])
async def test_a_retry_after_that_says_nothing_sensible_is_ignored_or_long(value: bytes) -> None:
    seconds = await retry_after(value)
    assert seconds is None or seconds > 30


async def test_retry_after_belongs_to_its_own_answer() -> None:
    busy = whole(answer(status=b"503 Service Unavailable", headers=b"Retry-After: 7\r\n"))
    plain = whole(answer(status=b"503 Service Unavailable"))
    async with ScriptedServer(busy, plain) as server, calling(server.port) as caller:
        heard = [(await caller.ask()).setback, (await caller.ask()).setback]
        assert [setback and setback.retry_after_seconds for setback in heard] == [7, None]


# --- abandoned -----------------------------------------------------------------------------------------------------


async def test_an_abandoned_call_is_never_answered() -> None:
    late = Reply((answer(b"ok")[:5], answer(b"ok")[5:]), pause_seconds=0.2)
    async with ScriptedServer(late, SILENCE) as server, calling(server.port) as caller:
        caller.send(b"stale")
        caller.send(b"stale")
        caller.send(b"wanted")
        assert (await caller.next()).call.value == b"wanted"
        abandoned = caller.transport.abandon(lambda call: call.value == b"stale")
        assert [call.value for call in abandoned] == [b"stale", b"stale"]
        await caller.hears_nothing(0.4)
        await server.until_open(1)
        assert caller.transport.calls() == []


async def test_a_call_is_abandoned_once() -> None:
    """The caller counts what is on the wire by what it is told here."""
    async with ScriptedServer(ever_after=SILENCE) as server, calling(server.port) as caller:
        caller.send()
        assert len(caller.transport.calls()) == 1
        assert len(caller.transport.abandon(lambda _call: True)) == 1
        assert caller.transport.calls() == []
        assert caller.transport.abandon(lambda _call: True) == []
        await caller.hears_nothing(0.1)
        await server.until_open(0)


async def test_a_call_is_on_the_wire_once_at_every_moment() -> None:
    async with ScriptedServer(ever_after=SILENCE) as server, calling(server.port) as caller:
        caller.send()
        async with asyncio.timeout(5):
            while not server.requests:
                assert len(caller.transport.calls()) == 1
                await asyncio.sleep(0)


async def test_a_call_whose_connection_was_refused_is_not_on_the_wire_any_more() -> None:
    async with calling(free_port()) as caller:
        caller.send()
        caller.transport.on_setback = lambda call, setback, _latency, _now: caller.heard.put_nowait(
            Heard(call, b"%d" % len(caller.transport.calls()), setback)
        )
        assert (await caller.next()).body == b"0"


async def test_stop_closes_every_connection_and_says_nothing() -> None:
    async with ScriptedServer(OK, ever_after=SILENCE) as server:
        async with calling(server.port) as caller:
            caller.send()
            await caller.next()
            caller.send()
            caller.send()
            await asyncio.sleep(0.05)
        await caller.hears_nothing(0.1)
        await server.until_open(0)
