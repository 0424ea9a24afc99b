"""Waiting for something to come true."""

import time
from collections.abc import Callable, Iterator

_STEP_SECONDS = 0.05


def wait_until(
    what: str, holds: Callable[[], bool], timeout_seconds: float, *, step_seconds: float = _STEP_SECONDS
) -> None:
    """Poll until `holds`; `TimeoutError` saying what did not come true."""
    for _ in _steps(timeout_seconds, step_seconds):
        if holds():
            return
    raise TimeoutError(f"after {timeout_seconds:g} s still not true: {what}")


def _steps(timeout_seconds: float, step_seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + timeout_seconds
    while True:
        yield
        if time.monotonic() >= deadline:
            return
        time.sleep(step_seconds)
