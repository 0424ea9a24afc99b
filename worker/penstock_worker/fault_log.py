"""Collects what a Kafka client complains of, so that a refusal can name the broker and the cause.

librdkafka would print to stderr; the logger given here takes its lines instead and keeps those about broken
connections. Bounded: the last fault of each broker.
"""

import logging
from typing import TYPE_CHECKING

from penstock_worker.broker_errors import Fault, parse_fault, parse_logged_fault
from penstock_worker.settings import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import KafkaError

MAX_BROKERS = 64
LOG = logging.getLogger(__name__)


class FaultLog(logging.Handler):
    """Give `logger` and `on_error` to a client; `faults` holds the last fault of each broker."""

    def __init__(self, settings: KafkaSettings) -> None:
        super().__init__()
        self._uses_tls = settings.tls is not None
        self._uses_sasl = settings.sasl is not None
        self._by_broker: dict[str, Fault] = {}
        self.logger = logging.Logger("librdkafka")  # outside the tree: nothing reaches stderr raw
        self.logger.addHandler(self)

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(self._by_broker.values())

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        LOG.debug("%s", line)
        self._keep(parse_logged_fault(line, uses_tls=self._uses_tls, uses_sasl=self._uses_sasl))

    def on_error(self, error: "KafkaError") -> None:
        """The client's `error_cb`."""
        self._keep(parse_fault(error.str(), uses_tls=self._uses_tls, uses_sasl=self._uses_sasl))

    def _keep(self, fault: Fault | None) -> None:
        if fault and (fault.broker in self._by_broker or len(self._by_broker) < MAX_BROKERS):
            self._by_broker[fault.broker] = fault
