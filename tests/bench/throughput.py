"""Rate, CPU, memory and start-up of one bridge over a backlog that was there before it started.

Measured between the 10 % and the 95 % record on the output topic: neither the start nor the tail of the backlog counts.
"""

import time

from bench import process_sample
from bench.figures import Sample, Throughput, throughput
from bench.rig import Bridge, Rig, RunFailedError
from bench.rows import Row

WARM_SHARE, END_SHARE = 0.10, 0.95
START_LIMIT_SECONDS = 60
STALL_SECONDS = 30
START_STEP_SECONDS, STEP_SECONDS = 0.005, 0.02


def measure(rig: Rig, row: Row, *, records: int, size_bytes: int, suffix: str = "") -> Throughput:
    with rig.bridge(row, rig.broker.backlog(size_bytes)) as bridge:
        first_output = _reach(bridge, 1, START_STEP_SECONDS, START_LIMIT_SECONDS)
        warm = _reach(bridge, int(records * WARM_SHARE), STEP_SECONDS, STALL_SECONDS)
        end = _reach(bridge, int(records * END_SHARE), STEP_SECONDS, STALL_SECONDS)
        return throughput(
            row.name + suffix,
            warm,
            end,
            peak_mib=process_sample.peak_mib(bridge.process.pid),
            startup_seconds=first_output.at_seconds - bridge.spawned_at_seconds,
        )


def _reach(bridge: Bridge, records: int, step_seconds: float, stall_seconds: float) -> Sample:
    """The first sample with so many records out; raises when nothing moves any more."""
    last = _sample(bridge)
    moved_at = last.at_seconds
    while last.output_records < records:
        time.sleep(step_seconds)
        sample = _sample(bridge)
        if sample.output_records > last.output_records:
            moved_at = sample.at_seconds
        if sample.at_seconds - moved_at > stall_seconds:
            raise RunFailedError(
                f"{bridge.row.name} stands still at {sample.output_records} of {records} records\n"
                f"{bridge.process.log_tail()}"
            )
        last = sample
    return last


def _sample(bridge: Bridge) -> Sample:
    """CPU is read right after the count: what lies between is one round trip to the broker."""
    if not bridge.process.running:
        bridge.check()
    count = bridge.output_records()
    return Sample(time.monotonic(), count, process_sample.cpu_seconds(bridge.process.pid))
