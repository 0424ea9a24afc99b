"""The work queue with real threads: one pass at a time for each key, bounded, stopped within bounds."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable

import pytest

from penstock_operator.cluster.api_errors import ApiError
from penstock_operator.reconcile.work_queue import Reconcile, WorkQueue
from penstock_operator.state.kinds import ResourceKey

THREADS = 3


def key(number: int) -> ResourceKey:
    return ResourceKey("n", str(number))


class Runs:
    """Counts what runs. A pass takes as long as `gate` is closed."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.done: list[ResourceKey] = []
        self.inside: list[ResourceKey] = []
        self.most_inside = 0
        self.results: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, key: ResourceKey) -> float | None:
        with self._lock:
            assert key not in self.inside
            self.inside.append(key)
            self.most_inside = max(self.most_inside, len(self.inside))
        self.gate.wait(10)
        with self._lock:
            self.inside.remove(key)
            self.done.append(key)
        return None

    def record(self, result: str, seconds: float) -> None:
        assert seconds >= 0
        self.results.append(result)


@pytest.fixture
def runs() -> Runs:
    return Runs()


@contextlib.asynccontextmanager
async def working(runs: Runs, reconcile: Reconcile | None = None) -> AsyncIterator[WorkQueue]:
    queue = WorkQueue(runs.record, threads=THREADS)
    task = asyncio.create_task(queue.run(reconcile or runs))
    yield queue
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await queue.stop()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in threads
            await asyncio.sleep(0.005)


async def test_every_key_is_worked_on_by_at_most_so_many_threads(runs: Runs) -> None:
    async with working(runs) as queue:
        runs.gate.clear()
        for number in range(10):
            queue.add(key(number))
        await until(lambda: len(runs.inside) == THREADS)
        await asyncio.sleep(0.05)
        assert queue.depth == 10 - THREADS
        runs.gate.set()
        await until(lambda: len(runs.done) == 10)
    assert runs.most_inside == THREADS
    assert runs.results == ["success"] * 10


async def test_a_key_that_is_added_while_it_runs_runs_once_more(runs: Runs) -> None:
    async with working(runs) as queue:
        runs.gate.clear()
        queue.add(key(1))
        await until(lambda: len(runs.inside) == 1)
        for _ in range(5):
            queue.add(key(1))
        await asyncio.sleep(0.05)
        assert runs.inside == [key(1)]
        runs.gate.set()
        await until(lambda: len(runs.done) == 2)
        await asyncio.sleep(0.05)
    assert runs.done == [key(1)] * 2


async def test_keys_may_be_added_from_any_thread_and_for_later(runs: Runs) -> None:
    async with working(runs) as queue:
        began = time.monotonic()
        await asyncio.to_thread(queue.add, key(1), after_seconds=0.2)
        await until(lambda: runs.done == [key(1)])
        assert time.monotonic() - began >= 0.2


async def test_what_a_pass_asks_for_is_when_it_comes_again(runs: Runs) -> None:
    def reconcile(of: ResourceKey) -> float | None:
        runs(of)
        return 0.1 if len(runs.done) < 3 else None

    async with working(runs, reconcile) as queue:
        queue.add(key(1))
        await until(lambda: len(runs.done) == 3)
        await asyncio.sleep(0.2)
    assert len(runs.done) == 3


async def test_a_pass_that_fails_is_tried_again_and_delays_no_other(
    runs: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    failures = [ZeroDivisionError("secret"), ApiError(500, "no"), ApiError(409, "changed meanwhile")]

    def reconcile(of: ResourceKey) -> float | None:
        if of == key(1) and failures:
            raise failures.pop(0)
        return runs(of)

    async with working(runs, reconcile) as queue:
        queue.add(key(1))
        queue.add(key(2))
        await until(lambda: len(runs.done) == 2)
    assert runs.done == [key(2), key(1)]
    assert sorted(runs.results) == ["conflict", "error", "error", "success", "success"]
    assert "secret" not in caplog.text
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_a_stop_waits_for_what_runs_and_begins_nothing_new(runs: Runs) -> None:
    async with working(runs) as queue:
        runs.gate.clear()
        for number in range(5):
            queue.add(key(number))
        await until(lambda: len(runs.inside) == THREADS)
        asyncio.get_running_loop().call_later(0.1, runs.gate.set)
    assert len(runs.done) == THREADS


async def test_a_stop_does_not_wait_for_ever(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_operator.reconcile.work_queue.STOP_SECONDS", 0.1)
    async with working(runs) as queue:
        runs.gate.clear()
        queue.add(key(1))
        await until(lambda: len(runs.inside) == 1)
        await asyncio.sleep(0.02)
        assert queue.longest_running_seconds > 0
    assert runs.done == []
    runs.gate.set()
    await until(lambda: runs.done == [key(1)])
