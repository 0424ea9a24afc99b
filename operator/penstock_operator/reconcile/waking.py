"""Waiting for the next due time or for news, whichever is first."""

import asyncio
import time


async def woken_or_due(wake: asyncio.Event, due: float | None) -> None:
    """`due` in monotonic seconds; None: only news counts. What was set before the call is forgotten."""
    wake.clear()
    try:
        async with asyncio.timeout(None if due is None else max(0.0, due - time.monotonic())):
            await wake.wait()
    except TimeoutError:
        return
