"""Hands keys to a bounded pool of threads, each key to one thread at a time. The schedule decides; this keeps time."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from penstock_operator.cluster.api_errors import ApiError
from penstock_operator.reconcile.schedule import Schedule
from penstock_operator.reconcile.waking import woken_or_due
from penstock_operator.reporting.log import place_of
from penstock_operator.state.kinds import ResourceKey

log = logging.getLogger("penstock_operator")

STOP_SECONDS: Final = 20.0

Reconcile = Callable[[ResourceKey], float | None]
"""Seconds until the next look, or None. Raises `ApiError` where the API server was in the way."""

Record = Callable[[str, float], None]
"""The result of one reconcile, and its seconds."""


class WorkQueue:
    """`add` may be called from any thread; all the rest belongs to the event loop."""

    def __init__(self, record: Record, *, threads: int) -> None:
        self._record = record
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reconcile")
        self._schedule: Schedule[ResourceKey] = Schedule()
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def add(self, key: ResourceKey, *, after_seconds: float = 0.0, end_backoff: bool = False) -> None:
        self._loop.call_soon_threadsafe(self._add, key, after_seconds, end_backoff)

    async def run(self, reconcile: Reconcile) -> None:
        """Until it is cancelled; what runs then goes on until `stop`."""
        while True:
            while self._schedule.in_progress < self._threads and (key := self._schedule.take(time.monotonic())):
                task = asyncio.create_task(self._reconcile_one(reconcile, key))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            has_room = self._schedule.in_progress < self._threads
            await woken_or_due(self._changed, self._schedule.next_due() if has_room else None)

    async def stop(self) -> None:
        """Waits for the running ones, within bounds: a write that was begun is finished, and nothing new is begun."""
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def depth(self) -> int:
        """Keys that are due and wait for a thread."""
        return self._schedule.waiting(time.monotonic())

    @property
    def longest_running_seconds(self) -> float:
        return self._schedule.longest_in_progress_seconds(time.monotonic())

    def _add(self, key: ResourceKey, after_seconds: float, end_backoff: bool) -> None:
        if end_backoff:
            self._schedule.end_backoff(key)
        self._schedule.add(key, time.monotonic() + after_seconds)
        self._changed.set()

    async def _reconcile_one(self, reconcile: Reconcile, key: ResourceKey) -> None:
        began = time.monotonic()
        try:
            again_after_seconds = await self._loop.run_in_executor(self._pool, reconcile, key)
        except Exception as error:  # whatever it is, it concerns this key alone
            self._fail(key, error)
            result = "conflict" if isinstance(error, ApiError) and error.is_conflict else "error"
        else:
            result = "success"
            self._schedule.succeed(key)
            if again_after_seconds is not None:
                self._schedule.add(key, time.monotonic() + again_after_seconds)
        self._record(result, time.monotonic() - began)
        self._changed.set()

    def _fail(self, key: ResourceKey, error: Exception) -> None:
        least = error.retry_after_seconds if isinstance(error, ApiError) else 0.0
        wait = self._schedule.fail(key, time.monotonic(), random.random(), least)  # noqa: S311
        extra = {"deployment": str(key), "retry_seconds": round(wait, 1)}
        if not isinstance(error, ApiError):
            extra |= {"error": type(error).__name__, "where": place_of(error)}
            log.error("reconcile failed by an error of the operator's, please report it", extra=extra)
        elif not error.is_conflict:
            log.warning("reconcile is put off", extra={**extra, "status": error.status, "cause": str(error)})
