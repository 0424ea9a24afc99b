"""Memory over a long time at full rate: a feeder keeps a backlog of 1 KiB records, so the worker never rests.

A short retention bounds the disk; it is many times the backlog, so no record expires before it is read.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench import process_sample
from bench.broker import Broker, send
from bench.figures import growth_per_minute
from bench.payloads import keyed_values
from bench.rig import Bridge, Rig, RunFailedError
from bench.rows import Row

VALUE_BYTES = 1024
BACKLOG_RECORDS = 200_000
SAMPLE_SECONDS = 1.0
SETTLE_SECONDS = 120
STALL_SECONDS = 60
SECONDS_PER_MINUTE = 60

BROKER_PROPERTIES = {"log.retention.check.interval.ms": "5000"}
TOPIC_CONFIG = {"retention.bytes": str(128 << 20), "segment.bytes": str(32 << 20), "file.delete.delay.ms": "1000"}


@dataclass(frozen=True, slots=True)
class MemorySample:
    at_seconds: float
    resident_mib: float
    output_records: int
    backlog_records: int


@dataclass(frozen=True, slots=True)
class Soak:
    """What the process held over time; growth is judged after it has settled."""

    name: str
    samples: tuple[MemorySample, ...]
    peak_mib: float

    @property
    def records_per_second(self) -> float:
        return self.samples[-1].output_records / self.samples[-1].at_seconds

    @property
    def growth_mib_per_minute(self) -> float:
        settled = [sample for sample in self.samples if sample.at_seconds >= SETTLE_SECONDS]
        return growth_per_minute([s.at_seconds for s in settled], [s.resident_mib for s in settled])


def soak(rig: Rig, row: Row, minutes: float, tell: Callable[[MemorySample], None]) -> Soak:
    source = rig.broker.fresh_topic("soak", TOPIC_CONFIG)
    feeder = Feeder(rig.broker, source)
    samples: list[MemorySample] = []
    with rig.bridge(row, source, TOPIC_CONFIG) as bridge:
        started = moved_at = time.monotonic()
        while (now := time.monotonic()) - started < minutes * SECONDS_PER_MINUTE:
            count = bridge.output_records()
            if not samples or count > samples[-1].output_records:
                moved_at = now
            _check(bridge, still_seconds=now - moved_at)
            resident_mib = process_sample.resident_mib(bridge.process.pid)
            samples.append(MemorySample(now - started, resident_mib, count, feeder.sent_records - count))
            tell(samples[-1])
            feeder.top_up(count, until=now + SAMPLE_SECONDS)
        _check_never_idle(row, samples)
        return Soak(row.name, tuple(samples), process_sample.peak_mib(bridge.process.pid))


class Feeder:
    """Keeps the input ahead of the output by the backlog."""

    def __init__(self, broker: Broker, topic: str) -> None:
        self._producer, self._topic = broker.producer(), topic
        self._records = itertools.cycle(list(keyed_values(10_000, VALUE_BYTES)))
        self.sent_records = 0

    def top_up(self, output_records: int, *, until: float) -> None:
        """Send what is missing, then wait for the rest of the time."""
        while self.sent_records < output_records + BACKLOG_RECORDS and time.monotonic() < until:
            send(self._producer, self._topic, *next(self._records))
            self.sent_records += 1
        while (left := until - time.monotonic()) > 0:
            self._producer.poll(min(left, 0.1))


def _check_never_idle(row: Row, samples: Sequence[MemorySample]) -> None:
    """A worker that waits for records is not at full rate, and its memory proves nothing."""
    idle = sum(sample.backlog_records <= 0 for sample in samples if sample.at_seconds >= SETTLE_SECONDS)
    if idle:
        raise RunFailedError(f"{row.name} had no backlog in {idle} samples: the feeder did not keep up with it")


def _check(bridge: Bridge, *, still_seconds: float) -> None:
    if not bridge.process.running or still_seconds > STALL_SECONDS:
        bridge.check()
        raise RunFailedError(f"{bridge.row.name} stood still for {still_seconds:.0f} s\n{bridge.process.log_tail()}")
