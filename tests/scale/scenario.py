"""The run: resources all at once, then the operator restarted over them, then nothing at all for a while."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.process_sample import cpu_seconds
from scale import world
from scale.api import Api
from scale.audit import WritesOf
from scale.figures import Figures
from scale.operator_process import OperatorProcess
from scale.readiness import ReadyCount

Tell = Callable[[str], None]

_READY_WITHIN_SECONDS: Final = 600
_RESTARTED_WITHIN_SECONDS: Final = 300
_QUIET_SECONDS: Final = 10
_SETTLE_SECONDS: Final = 60
"""After a restart the watches tell of everything once more, and every worker is asked how it is."""
_QUIET_WITHIN_SECONDS: Final = 120
_LOOK_SECONDS: Final = 0.25
_TELL_SECONDS: Final = 10
_SHOWN_WRITES: Final = 10


class NotMeasuredError(Exception):
    """The run did not come to its end; the text says how far it came."""


@dataclass(frozen=True, slots=True)
class Plan:
    resources: int
    foreign_config_maps: int
    idle_seconds: float


@dataclass(frozen=True, slots=True)
class Rig:
    """An API server that is furnished and has its double.

    `kubeconfig` is the operator's, `folder` takes its logs; `pids` are what runs beside it, by name.
    """

    api: Api
    writes: WritesOf
    kubeconfig: Path
    folder: Path
    pids: Mapping[str, int]


class Scenario:
    def __init__(self, rig: Rig, plan: Plan, tell: Tell) -> None:
        self._rig = rig
        self._plan = plan
        self._tell = tell
        self._ready = ReadyCount(rig.api, world.RESOURCES)
        self._peaks_mib = [0.0]

    async def run(self) -> Figures:
        async with self._ready_counted():
            async with self._operator("operator-first.log") as first:
                await self._first_look(first)
                cold_start_seconds = await self._cold_start(first)
                await self._until_quiet()
            writes_before, started = self._rig.writes.count(), time.monotonic()
            async with self._operator("operator-second.log") as second:
                restart_seconds = await self._restarted(second, started)
                await asyncio.sleep(_SETTLE_SECONDS)
                restart_writes = self._count_writes("after the restart", writes_before)
                cpu_percent, writes_per_minute = await self._idle(second)
        return Figures(
            resources=self._plan.resources,
            cold_start_seconds=round(cold_start_seconds, 1),
            restart_seconds=round(restart_seconds, 1),
            restart_writes=restart_writes,
            peak_mib=round(max(self._peaks_mib), 1),
            idle_cpu_percent=round(cpu_percent, 2),
            idle_writes_per_minute=round(writes_per_minute, 2),
        )

    @asynccontextmanager
    async def _ready_counted(self) -> AsyncIterator[None]:
        counting = asyncio.create_task(self._ready.run())
        try:
            yield
        finally:
            counting.cancel()
            with suppress(asyncio.CancelledError):
                await counting

    @asynccontextmanager
    async def _operator(self, log: str) -> AsyncIterator[OperatorProcess]:
        operator = OperatorProcess(self._rig.kubeconfig, self._rig.folder / log)
        try:
            yield operator
            self._peaks_mib.append(operator.peak_mib())
        finally:
            operator.stop()

    async def _first_look(self, operator: OperatorProcess) -> None:
        await self._until("the operator is up", lambda: operator.reconciles() >= 0, _RESTARTED_WITHIN_SECONDS)

    async def _cold_start(self, operator: OperatorProcess) -> float:
        self._tell(f"{self._plan.resources:,} ModelDeployments")
        pids = {"operator": operator.pid, **self._rig.pids}
        started, used_before = time.monotonic(), {name: cpu_seconds(pid) for name, pid in pids.items()}
        creating = asyncio.create_task(world.create_resources(self._rig.api, self._plan.resources))
        await self._until_ready(operator)
        await creating
        seconds = time.monotonic() - started
        # What the figure would be on a machine with nothing else to do can be read from these.
        used = ", ".join(f"{name} {cpu_seconds(pid) - used_before[name]:.0f}" for name, pid in pids.items())
        self._tell(f"all Ready after {seconds:.0f} s; CPU seconds: {used}; {self._rig.writes.count():,} writes")
        return seconds

    async def _until_ready(self, operator: OperatorProcess) -> None:
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while self._ready.count < self._plan.resources:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TELL_SECONDS):
                    await self._ready.until(self._plan.resources)
            self._tell(f"{self._ready.count:,} Ready, {operator.peak_mib():.0f} MiB")
            if time.monotonic() > deadline:
                raise NotMeasuredError(f"{self._ready.count} of {self._plan.resources} Ready\n{operator.log_tail()}")

    async def _until_quiet(self) -> None:
        """The last resource may have become Ready before the last write about the others."""
        deadline = time.monotonic() + _QUIET_WITHIN_SECONDS
        before, count = -1, self._rig.writes.count()
        while count != before:
            if time.monotonic() > deadline:
                raise NotMeasuredError(f"still writing {_QUIET_WITHIN_SECONDS} s after all were Ready")
            await asyncio.sleep(_QUIET_SECONDS)
            before, count = count, self._rig.writes.count()

    async def _restarted(self, operator: OperatorProcess, started: float) -> float:
        wanted = self._plan.resources
        await self._until(
            "the restarted operator has seen all", lambda: operator.reconciles() >= wanted, _RESTARTED_WITHIN_SECONDS
        )
        return time.monotonic() - started

    async def _idle(self, operator: OperatorProcess) -> tuple[float, float]:
        """CPU in per cent of one core, and writes per minute."""
        seconds = self._plan.idle_seconds
        self._tell(f"nothing at all for {seconds:.0f} s")
        cpu_before, writes_before, started = operator.cpu_seconds(), self._rig.writes.count(), time.monotonic()
        await asyncio.sleep(seconds)
        elapsed = time.monotonic() - started
        writes = self._count_writes("while idle", writes_before)
        return 100 * (operator.cpu_seconds() - cpu_before) / elapsed, 60 * writes / elapsed

    def _count_writes(self, when: str, before: int) -> int:
        writes = self._rig.writes.since(before)
        for write in writes[:_SHOWN_WRITES]:
            self._tell(f"written {when}: {write}")
        return len(writes)

    async def _until(self, what: str, holds: Callable[[], bool], timeout_seconds: float) -> None:
        try:
            async with asyncio.timeout(timeout_seconds):
                while True:
                    if await asyncio.to_thread(holds):
                        return
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise NotMeasuredError(f"after {timeout_seconds} s still not true: {what}") from None
