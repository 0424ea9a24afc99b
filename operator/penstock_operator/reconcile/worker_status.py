"""Asks one running worker of each ModelDeployment for its `/status`, now and then, apart from every reconcile.

The answer of a pod is not trusted: at most 1 KiB is read, within 2 s, and only words that a worker can say are taken.
"""

import asyncio
import ipaddress
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import aiohttp

from penstock_operator.api.derived import WORKER_PORT
from penstock_operator.observed import NoReport, PodAddress, WorkerReport
from penstock_operator.reconcile.schedule import Schedule
from penstock_operator.reconcile.waking import woken_or_due
from penstock_operator.state.kinds import ResourceKey

INTERVAL_SECONDS: Final = 54.0  # what a worker says is to be known within 60; asking is most of what idling costs
SILENT_SECONDS: Final = (5.0, 10.0, 20.0, 45.0, 90.0, 180.0, 300.0)
"""Until a pod that does not answer is asked again: it may be starting, or behind somebody's NetworkPolicy for good."""
TIMEOUT_SECONDS: Final = 2.0
TOGETHER_SECONDS: Final = 5.0
"""Those due within this time are asked in one go: a request of its own costs seven times the CPU of one among many."""
MAX_BYTES: Final = 1024
MAX_AT_ONCE: Final = 16

BREAKER_WORDS: Final = frozenset({"Closed", "HalfOpen", "Open"})
REASON_WORDS: Final = frozenset({"ModelDown", "ModelMisconfigured"})
OUTPUT_WORDS: Final = frozenset({"Writable", "OutputUnwritable"})


def parse_report(body: bytes) -> WorkerReport | NoReport:
    """`NO_ANSWER` for whatever a worker would not say."""
    try:
        said = json.loads(body)
        breaker, reason, output = said["breaker"], said["reason"], said["output"]
        known = breaker in BREAKER_WORDS and output in OUTPUT_WORDS and (reason is None or reason in REASON_WORDS)
    except (ValueError, TypeError, KeyError, RecursionError):
        return NoReport.NO_ANSWER
    return WorkerReport(breaker, reason, output) if known else NoReport.NO_ANSWER


@dataclass(frozen=True, slots=True)
class _Asked:
    pod: PodAddress
    report: WorkerReport | NoReport
    silences: int = 0  # since its last answer


class WorkerReports:
    """`ask` and `report` may be called from any thread; `run` belongs to the event loop."""

    def __init__(self, on_change: Callable[[ResourceKey], None], *, port: int = WORKER_PORT) -> None:
        self._on_change = on_change
        self._port = port
        self._asked: dict[ResourceKey, _Asked] = {}
        self._schedule: Schedule[ResourceKey] = Schedule()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()

    def report(self, key: ResourceKey) -> WorkerReport | NoReport:
        asked = self._asked.get(key)
        return NoReport.NOT_ASKED if asked is None else asked.report

    def ask(self, key: ResourceKey, pod: PodAddress | None) -> None:
        """From now on that pod; another one than before is asked at once. None: nobody."""
        asked = self._asked.get(key)
        if pod is None:
            self._asked.pop(key, None)
        elif asked is None or asked.pod != pod:
            self._asked[key] = _Asked(pod, NoReport.NOT_ASKED)
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._due_now, key)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        for key in list(self._asked):
            self._due_now(key)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        connector = aiohttp.TCPConnector(limit=MAX_AT_ONCE, force_close=True)
        async with (
            aiohttp.ClientSession(timeout=timeout, connector=connector, trust_env=False) as session,
            asyncio.TaskGroup() as group,
        ):
            while True:
                while self._schedule.in_progress < MAX_AT_ONCE:
                    if (due := self._schedule.take(time.monotonic())) is None:
                        break
                    group.create_task(self._ask_once(session, due))
                has_room = self._schedule.in_progress < MAX_AT_ONCE
                await woken_or_due(self._wake, self._schedule.next_due() if has_room else None)

    def _due_now(self, key: ResourceKey) -> None:
        self._schedule.add(key, time.monotonic())
        self._wake.set()

    async def _ask_once(self, session: aiohttp.ClientSession, key: ResourceKey) -> None:
        asked = self._asked.get(key)
        if asked is not None:
            report = await self._fetch(session, asked.pod)
            self._keep(key, asked, report)
            self._schedule.add(key, _next_due(report, asked.silences, time.monotonic()))
        self._schedule.succeed(key)
        self._wake.set()

    def _keep(self, key: ResourceKey, asked: _Asked, report: WorkerReport | NoReport) -> None:
        """Unless another pod is to be asked by now."""
        if self._asked.get(key) is asked:
            silences = asked.silences + 1 if report is NoReport.NO_ANSWER else 0
            self._asked[key] = replace(asked, report=report, silences=silences)
            if report != asked.report:
                self._on_change(key)

    async def _fetch(self, session: aiohttp.ClientSession, pod: PodAddress) -> WorkerReport | NoReport:
        try:
            host = f"[{pod.ip}]" if ipaddress.ip_address(pod.ip).version == 6 else pod.ip
            async with session.get(f"http://{host}:{self._port}/status", allow_redirects=False) as response:
                return parse_report(await _read_bounded(response)) if response.status == 200 else NoReport.NO_ANSWER
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return NoReport.NO_ANSWER


def _next_due(report: WorkerReport | NoReport, silences: int, now_seconds: float) -> float:
    fraction = 1 - random.random() / 10  # noqa: S311
    if report is NoReport.NO_ANSWER:
        return now_seconds + fraction * SILENT_SECONDS[min(silences, len(SILENT_SECONDS) - 1)]
    due = now_seconds + fraction * INTERVAL_SECONDS
    return due - due % TOGETHER_SECONDS


async def _read_bounded(response: aiohttp.ClientResponse) -> bytes:
    """At most one byte more than is taken, so that too long an answer is no JSON either."""
    body = b""
    while len(body) <= MAX_BYTES and (part := await response.content.read(MAX_BYTES + 1 - len(body))):
        body += part
    return body if len(body) <= MAX_BYTES else b""
