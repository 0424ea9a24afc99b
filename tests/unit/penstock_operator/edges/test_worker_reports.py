"""Asking workers for their status: bounded, repeated, and only news wakes anybody."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from penstock_operator.observed import NoReport, PodAddress, WorkerReport
from penstock_operator.reconcile.worker_status import WorkerReports
from penstock_operator.state.kinds import ResourceKey

FRAUD = ResourceKey("payments", "fraud")
POD = PodAddress("fraud-worker-1", "127.0.0.1")
WELL = {"breaker": "Closed", "reason": None, "output": "Writable"}


class Worker:
    """Answers `/status` with whatever the test says."""

    def __init__(self) -> None:
        self.answer: Callable[[], web.StreamResponse] = lambda: web.json_response(WELL)
        self.asked = 0
        self.port = 0

    async def status(self, _request: web.Request) -> web.StreamResponse:
        self.asked += 1
        return self.answer()


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    found = Worker()
    app = web.Application()
    app.add_routes([web.get("/status", found.status)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.port = runner.addresses[0][1]
    yield found
    await runner.cleanup()


@contextlib.asynccontextmanager
async def asking(worker: Worker) -> AsyncIterator[tuple[WorkerReports, list[ResourceKey]]]:
    changed: list[ResourceKey] = []
    reports = WorkerReports(changed.append, port=worker.port)
    task = asyncio.create_task(reports.run())
    yield reports, changed
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for comes over a socket
            await asyncio.sleep(0.005)


async def test_a_pod_is_asked_as_soon_as_it_is_known(worker: Worker) -> None:
    async with asking(worker) as (reports, changed):
        assert reports.report(FRAUD) is NoReport.NOT_ASKED
        reports.ask(FRAUD, POD)
        await until(lambda: reports.report(FRAUD) == WorkerReport("Closed", None, "Writable"))
        assert changed == [FRAUD]


async def test_it_is_asked_again_and_only_news_is_told(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_operator.reconcile.worker_status.INTERVAL_SECONDS", 0.05)
    async with asking(worker) as (reports, changed):
        reports.ask(FRAUD, POD)
        await until(lambda: worker.asked >= 3)
        assert changed == [FRAUD]
        worker.answer = lambda: web.json_response(WELL | {"breaker": "Open", "reason": "ModelDown"})
        await until(lambda: changed == [FRAUD, FRAUD])
        assert reports.report(FRAUD) == WorkerReport("Open", "ModelDown", "Writable")


async def test_asking_for_the_same_pod_again_asks_nobody(worker: Worker) -> None:
    async with asking(worker) as (reports, _):
        for _ in range(5):
            reports.ask(FRAUD, POD)
        await until(lambda: worker.asked == 1)
        reports.ask(FRAUD, POD)
        await asyncio.sleep(0.1)
    assert worker.asked == 1


async def test_another_pod_is_asked_at_once_and_none_is_forgotten(worker: Worker) -> None:
    async with asking(worker) as (reports, changed):
        reports.ask(FRAUD, POD)
        await until(lambda: len(changed) == 1)
        reports.ask(FRAUD, PodAddress("fraud-worker-2", "127.0.0.1"))
        assert reports.report(FRAUD) is NoReport.NOT_ASKED
        await until(lambda: worker.asked == 2)
        reports.ask(FRAUD, None)
        assert reports.report(FRAUD) is NoReport.NOT_ASKED


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(status=500),
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1/elsewhere"}),
        lambda: web.Response(text="<html>"),
        lambda: web.Response(text=json.dumps(WELL) + " " * 2000),
        lambda: web.json_response(WELL | {"reason": "anything at all"}),
    ],
)
async def test_whatever_a_worker_would_not_say_is_no_answer(
    worker: Worker, answer: Callable[[], web.StreamResponse]
) -> None:
    worker.answer = answer
    async with asking(worker) as (reports, changed):
        reports.ask(FRAUD, POD)
        await until(lambda: len(changed) == 1)
        assert reports.report(FRAUD) is NoReport.NO_ANSWER


async def test_a_silent_pod_is_asked_soon_again_then_ever_less_often(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock_operator.reconcile.worker_status.SILENT_SECONDS", (0.05, 0.1, 60.0))
    worker.answer = lambda: web.Response(status=503)
    async with asking(worker) as (reports, changed):
        reports.ask(FRAUD, POD)
        await until(lambda: worker.asked == 3)
        await asyncio.sleep(0.3)
        assert worker.asked == 3
        assert changed == [FRAUD]
        worker.answer = lambda: web.json_response(WELL)
        reports.ask(FRAUD, PodAddress("fraud-worker-2", "127.0.0.1"))
        await until(lambda: reports.report(FRAUD) == WorkerReport("Closed", None, "Writable"))


async def test_a_pod_that_does_not_answer_at_all_is_no_answer(worker: Worker, unused_tcp_port: int) -> None:
    worker.port = unused_tcp_port
    async with asking(worker) as (reports, changed):
        reports.ask(FRAUD, POD)
        reports.ask(ResourceKey("payments", "odd"), PodAddress("odd", "not an address"))
        await until(lambda: len(changed) == 2)
        assert reports.report(FRAUD) is NoReport.NO_ANSWER
