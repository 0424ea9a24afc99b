"""One admin client with a deadline, whose failures are refusals that name the cause. Used by the pre-flight and by
`penstock offsets reset`; nothing here decides anything.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from penstock_worker.broker_errors import RequestRefused, client_refused, is_transient, request_refused, unreachable
from penstock_worker.client_config import admin_config
from penstock_worker.errors import Refused
from penstock_worker.fault_log import FaultLog
from penstock_worker.secrets import Secrets
from penstock_worker.settings import KafkaSettings

Key = TypeVar("Key")
Answer = TypeVar("Answer")

CALL_SECONDS = 10.0
GRACE_SECONDS = 5.0  # librdkafka ends a request itself; this only bounds the wait for it
RETRY_SECONDS = 0.2
RECONNECT_SECONDS = 1  # librdkafka's 0.1 s makes a storm of log lines and failed logins
QUIET = {"reconnect.backoff.ms": RECONNECT_SECONDS * 1000, "reconnect.backoff.max.ms": RECONNECT_SECONDS * 1000}


class Admin:
    """`client` is confluent's; requests go through `ask`, whose futures librdkafka ends in time."""

    def __init__(self, settings: KafkaSettings, secrets: Secrets, pod: str, *, deadline_seconds: float) -> None:
        self.settings = settings
        self.secrets = secrets
        self.pod = pod
        self.fault_log = FaultLog(settings)
        self._deadline = time.monotonic() + deadline_seconds
        self.client = self._new_client()

    def _new_client(self) -> AdminClient:
        config = admin_config(self.settings, self.secrets, self.pod) | QUIET
        try:
            return AdminClient(config, error_cb=self.fault_log.on_error, logger=self.fault_log.logger)
        except KafkaException as error:
            raise client_refused(error.args[0].str()) from error

    def reconnect(self) -> None:
        """A new client: once its coordinator was away, librdkafka's keeps asking the one that it knew, for ever."""
        self.client = self._new_client()

    def extend(self, seconds: float) -> None:
        """A new deadline, for a client that is kept."""
        self._deadline = time.monotonic() + seconds

    def timeout_seconds(self, limit_seconds: float = CALL_SECONDS) -> float:
        """For one call: the limit, or what is left. Raises `Refused` when nothing is."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self.unreachable()
        return min(limit_seconds, left)

    def ask_all(self, request: "Callable[[float], Mapping[Key, Future[Answer]]]", doing: str) -> dict[Key, Answer]:
        """Every answer to one request, which is given the seconds that it may take. Asked again while a coordinator or
        leader is only not there yet, as on a cluster's first group.
        """
        deadline = time.monotonic() + self.timeout_seconds()
        while True:
            try:
                return {
                    key: future.result(CALL_SECONDS + GRACE_SECONDS)
                    for key, future in request(self.timeout_seconds()).items()
                }
            except KafkaException as error:
                if not is_transient(error.args[0].name()) or time.monotonic() > deadline:
                    raise self.refused(error, doing) from error
            time.sleep(RETRY_SECONDS)

    def _answers(self, futures: "Mapping[Key, Future[Answer]]") -> dict[Key, Answer]:
        try:
            return {key: future.result(CALL_SECONDS + GRACE_SECONDS) for key, future in futures.items()}
        except TimeoutError as error:
            raise self.unreachable() from error

    def ask(self, request: "Callable[[float], Mapping[Key, Future[Answer]]]", doing: str) -> Answer:
        """The answer to a request about one thing."""
        (answer,) = self.ask_all(request, doing).values()
        return answer

    def refused(self, error: KafkaException, doing: str) -> RequestRefused:
        cause = error.args[0]
        self.client.poll(0)
        return request_refused(cause.name(), cause.str(), doing=doing, faults=self.fault_log.faults)

    def unreachable(self) -> Refused:
        self.client.poll(0)
        return unreachable(self.settings.bootstrap_servers, self.fault_log.faults)
