"""How the micro benchmarks measure: the thread's own CPU time, the best of several repetitions."""

import time
import timeit
from collections.abc import Callable
from typing import Any, NamedTuple

REPETITIONS = 7


class Finding(NamedTuple):
    """One row: what was done, and its cost per call or per record."""

    piece: str
    variant: str
    nanoseconds: float


def cost(statement: str, **names: Any) -> float:
    """Nanoseconds of CPU per run of `statement`, in which `names` are known."""
    timer = timeit.Timer(statement, globals=names, timer=time.thread_time)
    number = max(1, timer.autorange()[0] // 10)
    return min(timer.repeat(REPETITIONS, number)) / number * 1e9


def cost_per_record(run: Callable[[], Any], records: int) -> float:
    """Nanoseconds of this thread's CPU per record, for one `run` over `records`."""
    started = time.thread_time()
    run()
    return (time.thread_time() - started) / records * 1e9
