"""`/healthz`, `/readyz` and `/metrics`."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from penstock_operator.reporting.health import Observation, why_not_alive, why_not_ready


class Server:
    """`port` 0 picks a free one; after `start` it is the one in use."""

    def __init__(self, observe: Callable[[], Observation], registry: CollectorRegistry, port: int) -> None:
        self.port = port
        self._observe = observe
        self._registry = registry
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "0.0.0.0", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _verdict(why_not_alive(self._observe()))

    async def _readyz(self, _request: web.Request) -> web.Response:
        return _verdict(why_not_ready(self._observe()))

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _verdict(why_not: str | None) -> web.Response:
    return web.Response(text="ok\n") if why_not is None else web.Response(text=f"{why_not}\n", status=503)
