"""`python -m scale.double KUBECONFIG`: does what controllers, scheduler, kubelet and KEDA would, until it is ended."""

import asyncio
import signal
import sys
from collections.abc import Awaitable
from pathlib import Path

import uvloop
from aiohttp import web

from penstock_operator.api.derived import WORKER_PORT
from scale.api import Api
from scale.double import pods
from scale.double.control_loop import Double


async def _healthy(_: web.Request) -> web.Response:
    return web.json_response({"breaker": "Closed", "reason": None, "output": "Writable", "partitions": 12})


async def main(kubeconfig: Path) -> None:
    workers = web.Application()
    workers.router.add_get("/status", _healthy)
    runner = web.AppRunner(workers, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, pods.ADDRESS, WORKER_PORT).start()
    async with Api.of(kubeconfig) as api:
        await until_ended(Double(api).run())
    await runner.cleanup()


async def until_ended(work: Awaitable[None]) -> None:
    """Until SIGTERM, or until it fails."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
