"""Asks the model whether it is there, apart from any record: once at the start, and while the breaker is open.

With a readiness path it must answer 2xx; without one, accept a connection. Off the hot path: aiohttp's client.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock_worker.settings import Model

INTERVAL_SECONDS = 1.0
TIMEOUT_SECONDS = 5.0


class ModelWatch:
    """`accepted` turns true once and stays."""

    def __init__(self, model: Model, *, is_open: Callable[[], bool], on_ready: Callable[[], None]) -> None:
        self.accepted = False
        self._model = model
        self._is_open = is_open
        self._on_ready = on_ready

    async def run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            while True:
                if not self.accepted:
                    self.accepted = await self._answers(session)
                elif self._model.readiness_path and self._is_open() and await self._is_ready(session):
                    self._on_ready()
                await asyncio.sleep(INTERVAL_SECONDS)

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        return await (self._is_ready(session) if self._model.readiness_path else self._accepts())

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        scheme, authority, *_ = urlsplit(self._model.url)
        url = urlunsplit((scheme, authority, self._model.readiness_path, "", ""))
        try:
            async with session.get(url, allow_redirects=False) as response:
                return response.status // 100 == 2
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _accepts(self) -> bool:
        parts = urlsplit(self._model.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                _reader, writer = await asyncio.open_connection(parts.hostname, port)
        except OSError:
            return False
        writer.close()
        return True
