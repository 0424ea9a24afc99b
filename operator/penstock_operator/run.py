"""Puts the operator together and runs it until it is told to stop. The only file that knows all of its parts."""

import asyncio
import logging
import platform
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from kubernetes.client import Configuration

from penstock_operator.cluster.api_errors import ApiError
from penstock_operator.cluster.client import Cluster
from penstock_operator.cluster.connection import Connection
from penstock_operator.cluster.crd_check import missing_fields, remedy
from penstock_operator.reconcile.observer import Observer
from penstock_operator.reconcile.reconciler import Decide, Reconciler
from penstock_operator.reconcile.work_queue import WorkQueue
from penstock_operator.reconcile.worker_status import WorkerReports
from penstock_operator.reporting import metrics
from penstock_operator.reporting.health import Observation
from penstock_operator.reporting.server import Server
from penstock_operator.settings import OperatorSettings
from penstock_operator.state.freshness import Freshness
from penstock_operator.state.kinds import BY_KIND, MODEL_DEPLOYMENT, ApiResource
from penstock_operator.state.store import Store
from penstock_operator.state.surroundings import Surroundings
from penstock_operator.watch.optional_kinds import FIRST_CHECKS_SECONDS, OptionalKinds
from penstock_operator.watch.relist import Relist
from penstock_operator.watch.watches import Watch

log = logging.getLogger("penstock_operator")

RETRY_SECONDS: Final = 2.0
RELIST_AFTER_START_SECONDS: Final = 30.0  # by then the watches have made their own lists
SUSPICIOUS_SECONDS: Final = 60.0
TICK_SECONDS: Final = 1.0
SCHEMA_SECONDS: Final = 20.0


class Refused(Exception):  # noqa: N818 - a verdict on the cluster, not a fault of the program
    """The cluster is not one that this operator can work in."""


class Operator:
    """Made inside the event loop that it runs in."""

    def __init__(
        self, settings: OperatorSettings, configuration: Configuration, *, decide: Decide, version: str
    ) -> None:
        self._settings = settings
        self._metrics = metrics.Metrics()
        self._connection = Connection(configuration, threads=settings.threads + 2)
        self._cluster = Cluster(self._connection, instance=platform.node(), count=self._metrics.wrote)
        self._surroundings = Surroundings(settings.options(version))
        self._store = Store()
        self._freshness = Freshness()
        self._queue = WorkQueue(self._metrics.reconciled, threads=settings.threads)
        self._observer = Observer(
            self._store, self._freshness, self._queue, self._metrics, namespaced=bool(settings.namespaces)
        )
        self._reports = WorkerReports(self._queue.add)
        self._reconciler = Reconciler(
            self._cluster,
            self._store,
            self._surroundings,
            self._reports,
            decide=decide,
            written=self._observer.written,
            wake=self._queue.add,
        )
        self.relist = Relist(
            self._cluster,
            self._store,
            self._freshness,
            self._surroundings,
            self._metrics,
            namespaces=settings.namespaces,
            changed=self._queue.add,
        )
        self._optional_kinds = OptionalKinds(
            self._cluster, self._surroundings, came=self._kinds_came, went=self._kinds_went
        )
        self._loop = asyncio.get_running_loop()
        self._watch = Watch(
            configuration,
            settings.namespaces,
            kinds=self._surroundings.kinds,
            on_event=self._observer.told,
            on_start=self._watch_starts,
        )
        self._listed_once = False
        self._loop_lag_seconds = 0.0
        self.server = Server(self._observe, self._metrics.registry, settings.port)
        self._read_gauges()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, with its server started already; what is being written then is finished.

        Raises `Refused`.
        """
        work, stopped = asyncio.create_task(self._work()), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            work.cancel()
            stopped.cancel()
            await asyncio.gather(work, stopped, return_exceptions=True)
            await self._queue.stop()
            await asyncio.to_thread(self._watch.stop)
            await self.server.stop()
            self._connection.close()
        if not work.cancelled():
            work.result()

    async def _work(self) -> None:
        await self._insist("read the schema of ModelDeployment", self._check_schema)
        await self._find_optional_kinds()
        await self._insist("list", self.relist.run_once)
        log.info("listed", extra={resource.kind: self._store.count(resource) for resource in BY_KIND.values()})
        self._listed_once = True
        self._reconcile_all()
        self._watch.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._queue.run(self._reconciler.reconcile))
            group.create_task(self._reports.run())
            group.create_task(self._optional_kinds.run())
            group.create_task(self.relist.run(self._settings.relist_every_seconds))
            group.create_task(self._tick())

    async def _find_optional_kinds(self) -> None:
        """Until each is known to be there or not, else a status would change for no reason but a restart."""
        while True:
            await self._insist("look for KEDA", self._optional_kinds.check_once)
            if self._surroundings.all_known:
                return
            await asyncio.sleep(FIRST_CHECKS_SECONDS)

    async def _insist(self, doing: str, call: Callable[[], None]) -> None:
        """In a thread, again and again while the API server is away."""
        while True:
            try:
                return await asyncio.to_thread(call)
            except ApiError as error:
                log.warning(f"cannot {doing} yet", extra={"status": error.status, "cause": str(error)})
                await asyncio.sleep(max(RETRY_SECONDS, error.retry_after_seconds))

    def _check_schema(self) -> None:
        """The OpenAPI document follows a definition that was applied just now after some seconds."""
        deadline = time.monotonic() + SCHEMA_SECONDS
        while True:
            schema = self._cluster.schema(MODEL_DEPLOYMENT)
            missing = None if schema is None else missing_fields(schema)
            if missing is not None and not missing:
                return
            if time.monotonic() > deadline or not self._cluster.serves(MODEL_DEPLOYMENT):
                raise Refused(remedy(missing))
            time.sleep(RETRY_SECONDS)

    def _reconcile_all(self) -> None:
        for key in self._store.resources():
            self._queue.add(key, end_backoff=True)

    def _kinds_came(self, _kinds: tuple[ApiResource, ...]) -> None:
        if self._listed_once:
            self._watch.renew()
            self._reconcile_all()

    def _kinds_went(self, kinds: tuple[ApiResource, ...]) -> None:
        for kind in kinds:
            self._store.clear(kind)
            self._freshness.forget(kind)
        self._kinds_came(())

    def _watch_starts(self) -> None:
        """Called by the watch's thread."""
        self._metrics.watch_started()
        self._loop.call_soon_threadsafe(self._loop.call_later, RELIST_AFTER_START_SECONDS, self.relist.soon)

    async def _tick(self) -> None:
        suspected_at = 0.0
        while True:
            due = time.monotonic() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            self._loop_lag_seconds = now - due
            _, behind_seconds = self._freshness.longest_wait(now)
            if behind_seconds > SUSPICIOUS_SECONDS and now - suspected_at > SUSPICIOUS_SECONDS:
                suspected_at = now
                self.relist.soon()  # mends the store, and tells a dead watch from one with nothing to say

    def _observe(self) -> Observation:
        behind, behind_seconds = self._freshness.longest_wait(time.monotonic())
        return Observation(
            watch_alive=self._watch.is_alive() or not self._listed_once,
            watch_behind=None if behind is None else behind.resource.kind,
            behind_seconds=behind_seconds,
            longest_reconcile_seconds=self._queue.longest_running_seconds,
            loop_lag_seconds=self._loop_lag_seconds,
            listed_once=self._listed_once,
        )

    def _read_gauges(self) -> None:
        self._metrics.read_gauge(metrics.QUEUE, lambda: self._queue.depth)
        self._metrics.read_gauge(metrics.RUNNING, lambda: self._queue.longest_running_seconds)
        self._metrics.read_gauge(metrics.WATCH_BEHIND, lambda: self._freshness.longest_wait(time.monotonic())[1])
        self._metrics.read_gauge(metrics.KEDA, lambda: float(self._surroundings.keda_present is True))
        for resource in BY_KIND.values():
            self._metrics.read_objects(resource.kind, partial(self._store.count, resource))


async def run_operator(
    settings: OperatorSettings, configuration: Configuration, *, decide: Decide, version: str
) -> None:
    """Until SIGTERM or SIGINT.

    Raises `Refused`.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    operator = Operator(settings, configuration, decide=decide, version=version)
    await operator.server.start()
    await operator.run(stop)
