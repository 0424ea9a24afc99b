"""`/livez`, `/readyz`, `/status` and `/metrics`. Off the hot path, so an ordinary HTTP server does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from penstock_worker.health import why_not_alive, why_not_ready
from penstock_worker.metrics import WorkerCollector

if TYPE_CHECKING:
    from penstock_worker.observe import Observer


class Server:
    def __init__(self, observer: Observer, port: int) -> None:
        self.port = port
        self._observer = observer
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(WorkerCollector(observer))
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
                web.get("/status", self._status),
                web.get("/metrics", self._metrics),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "0.0.0.0", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _livez(self, _request: web.Request) -> web.Response:
        return _verdict(why_not_alive(self._observer.observation()))

    async def _readyz(self, _request: web.Request) -> web.Response:
        return _verdict(why_not_ready(self._observer.observation()))

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response(self._observer.status())

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _verdict(why_not: str | None) -> web.Response:
    return web.Response(text="ok\n") if why_not is None else web.Response(text=f"{why_not}\n", status=503)
