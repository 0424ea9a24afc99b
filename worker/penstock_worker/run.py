"""`penstock-worker run`: the wiring of one worker process, its signals, and the order in which it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import uvloop
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from penstock_worker.admin import Admin
from penstock_worker.client_config import consumer_config, producer_config
from penstock_worker.core.breaker import BreakerState
from penstock_worker.core.pressure import Pressure
from penstock_worker.counters import Counters
from penstock_worker.errors import Refused, SettingsRefused
from penstock_worker.log import CLIENT_LOGGER
from penstock_worker.model_watch import ModelWatch
from penstock_worker.observe import Observer
from penstock_worker.pipeline import Pipeline
from penstock_worker.protocols.plain_json import PlainJson
from penstock_worker.reasons import Reason
from penstock_worker.secrets import Secrets, read_secrets
from penstock_worker.server import Server
from penstock_worker.stages.commit import Commit
from penstock_worker.stages.consume import Consume
from penstock_worker.stages.encode import Encoder
from penstock_worker.start_lookup import StartLookup
from penstock_worker.topic_limits import fetch_max_message_bytes
from penstock_worker.transports.http1 import Http1Transport
from penstock_worker.transports.resolve import parse_target

if TYPE_CHECKING:
    from pathlib import Path

    from penstock_worker.settings import SettingsFiles, WorkerSettings

log = logging.getLogger(__name__)

client_log = logging.getLogger(CLIENT_LOGGER)

START_SECONDS = 45.0  # to reach the brokers at all
HEARTBEAT_SECONDS = 0.5
SECRETS_INTERVAL_SECONDS = 10.0
LONGEST_ROTATION_JITTER_SECONDS = 30.0
LEAVE_SECONDS = 20.0  # after the drain: flush, commit, leave the group


def run_worker(files: SettingsFiles, secrets_dir: Path) -> int:
    """Run until drained; returns the exit code. Raises `Refused` when it cannot go on."""
    return uvloop.run(Worker(files, secrets_dir).run())


class Worker:
    """One process: a pipeline, its consumer thread, its server."""

    def __init__(self, files: SettingsFiles, secrets_dir: Path) -> None:
        self.files = files
        self.secrets_dir = secrets_dir
        self.counters = Counters()
        self._ending = asyncio.Event()
        self._fatal: Exception | None = None

    async def run(self) -> int:
        kafka, worker = self.files.kafka, self.files.worker
        secrets = read_secrets(kafka, self.secrets_dir)
        self._listen_for_signals()
        admin = Admin(kafka, secrets, pod_name(), deadline_seconds=START_SECONDS)
        pipeline = self._make_pipeline(secrets, await asyncio.to_thread(_fetch_limits, admin))
        pipeline.consume = self._make_consume(secrets, admin, pipeline)
        watch = ModelWatch(
            worker.model,
            is_open=lambda: pipeline.breaker.state is not BreakerState.CLOSED,
            on_ready=lambda: pipeline.predict.model_ready(time.monotonic()),
        )
        observer = Observer(pipeline, self.counters, watch, timeout_seconds=worker.delivery.timeout_seconds)
        server = Server(observer, worker.port)
        await pipeline.start()
        await server.start()
        log.info("listening", extra={"port": server.port})
        background = [
            asyncio.create_task(job)
            for job in (watch.run(), self._beat(observer), self._watch_secrets(secrets.fingerprint()))
        ]
        thread = asyncio.create_task(self._run_thread(pipeline.consume))
        _calm_the_collector()
        try:
            await self._until_ended(pipeline.consume, thread)
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await server.stop()
            await pipeline.stop()
        if self._fatal is not None:
            raise self._fatal
        log.info("drained")
        return 0

    # --- what it is made of ------------------------------------------------------------------------------------

    def _make_pipeline(self, secrets: Secrets, limits: tuple[int, int]) -> Pipeline:
        kafka, worker = self.files.kafka, self.files.worker
        output_limit_bytes, error_limit_bytes = limits
        config = {
            **producer_config(kafka, secrets, pod_name(), message_max_bytes=max(limits), batch_max_bytes=min(limits)),
            "log.connection.close": False,
        }
        return Pipeline(
            kafka=kafka,
            delivery=worker.delivery,
            transport=_transport(worker, output_limit_bytes),
            protocol=PlainJson(),
            encoder=Encoder(
                model_name=worker.model.name,
                model_version=worker.model.version,
                deployment=str(worker.deployment),
                output_value=worker.delivery.output_value,
                error_value=worker.delivery.error_value,
                output_limit_bytes=output_limit_bytes,
                error_limit_bytes=error_limit_bytes,
                wall_clock=time.time,
            ),
            make_producer=lambda: Producer({**config, "error_cb": self._client_error}, logger=client_log),
            counters=self.counters,
            on_fatal=self._end_fatally,
        )

    def _make_consume(self, secrets: Secrets, admin: Admin, pipeline: Pipeline) -> Consume:
        kafka, delivery = self.files.kafka, self.files.worker.delivery
        config = {
            "topic.metadata.refresh.interval.ms": 30_000,  # how soon added partitions are noticed
            **consumer_config(kafka, secrets, pod_name()),
            "log.connection.close": False,
        }
        commit = Commit(self.counters)
        consumer = commit.consumer = Consumer(
            {**config, "error_cb": self._client_error, "on_commit": commit.on_commit}, logger=client_log
        )
        return Consume(
            consumer,
            topic=kafka.topics.input,
            lookup=StartLookup(admin),
            pressure=Pressure(records=delivery.window_records, size_bytes=delivery.max_in_flight_bytes),
            commit=commit,
            counters=self.counters,
            loop_side=pipeline,
        )

    # --- how it ends ---------------------------------------------------------------------------------------------

    async def _run_thread(self, consume: Consume) -> None:
        """The consumer thread as an awaitable. Not the default executor: its threads delay the end of the process."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def run() -> None:
            try:
                consume.run()
            except BaseException as error:
                loop.call_soon_threadsafe(ended.set_exception, error)
            else:
                loop.call_soon_threadsafe(ended.set_result, None)

        threading.Thread(target=run, name="consume", daemon=True).start()
        await ended

    async def _until_ended(self, consume: Consume, thread: asyncio.Task[None]) -> None:
        """Wait for a reason to end, then drain; an error of the consumer thread ends at once."""
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait([thread, ending], return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if not thread.done():
            drain_seconds = self.files.worker.delivery.drain_seconds
            log.info("draining", extra={"most_seconds": drain_seconds})
            consume.drain(time.monotonic() + drain_seconds)
            await asyncio.wait([thread], timeout=drain_seconds + LEAVE_SECONDS)
        if thread.done() and (error := thread.exception()) is not None:
            raise _as_refused(error)

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, 128 + number)

    def _signalled(self, exit_code: int) -> None:
        """The first asks for a drain. The second ends the process now: nothing unfinished was committed."""
        if self._ending.is_set():
            log.warning("ended by a second signal")
            os._exit(exit_code)
        self._ending.set()

    def _end_fatally(self, message: str) -> None:
        self._fatal = Refused(Reason.CLIENT_FATAL, message)
        self._ending.set()

    def _client_error(self, error: KafkaError) -> None:
        """librdkafka's own word on brokers that are away: it reconnects by itself."""
        client_log.warning("client error", extra={"cause": error.str(), "code": error.name()})

    # --- beside the pipeline ---------------------------------------------------------------------------------------

    async def _beat(self, observer: Observer) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(HEARTBEAT_SECONDS)
            observer.loop_lag_seconds = time.monotonic() - before - HEARTBEAT_SECONDS

    async def _watch_secrets(self, fingerprint: str) -> None:
        """librdkafka reads certificates once per client, so a rotated Secret needs a new process.

        Jittered, since every pod sees the change at about the same moment.
        """
        while True:
            await asyncio.sleep(SECRETS_INTERVAL_SECONDS)
            try:
                changed = read_secrets(self.files.kafka, self.secrets_dir).fingerprint() != fingerprint
            except Refused:  # the kubelet is between two versions, or the Secret is gone: this worker still runs
                continue
            if changed:
                log.info("secret files changed, draining for a restart")
                await asyncio.sleep(random.uniform(0, LONGEST_ROTATION_JITTER_SECONDS))  # noqa: S311 - jitter
                self._ending.set()
                return


def _fetch_limits(admin: Admin) -> tuple[int, int]:
    """Of the output and the error topic."""
    topics = admin.settings.topics
    return fetch_max_message_bytes(admin, topics.output), fetch_max_message_bytes(admin, topics.error)


def _transport(worker: WorkerSettings, max_response_bytes: int) -> Http1Transport:
    try:
        target = parse_target(worker.model.url)
    except ValueError as error:
        raise SettingsRefused(f"worker.json: model.url: {error}") from error
    return Http1Transport(
        target,
        timeout_seconds=worker.delivery.timeout_seconds,
        max_response_bytes=worker.delivery.max_response_bytes or max_response_bytes,
    )


def pod_name() -> str:
    return socket.gethostname()


def _as_refused(error: BaseException) -> BaseException:
    if isinstance(error, KafkaException):
        return Refused(Reason.CLIENT_FATAL, f"Kafka client: {error.args[0].str()}")
    return error


def _calm_the_collector() -> None:
    """Records die by reference counting; what lives at this moment lives for good."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
