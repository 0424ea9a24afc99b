"""Edge: an API server, listed, watched and written to from an event loop, many requests at a time."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Literal

import aiohttp

from support.api_connection import MERGE_PATCH, Access

Seen = tuple[Literal["present", "deleted"], dict[str, Any]]

_CONNECTIONS: Final = 16
_WATCH_SECONDS: Final = 300
_MAX_OBJECT_BYTES: Final = 4 * 2**20
_RETRY_SECONDS: Final = 0.2
_TRIES: Final = 10
_TRY_AGAIN: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)


class RefusedError(Exception):
    """The API server said no, and would again."""


class Api:
    """Paths are those of the REST interface, without the host."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @classmethod
    @asynccontextmanager
    async def of(cls, kubeconfig: Path) -> AsyncIterator["Api"]:
        access = Access.of(kubeconfig)
        connector = aiohttp.TCPConnector(ssl=access.context, limit=_CONNECTIONS)
        timeout = aiohttp.ClientTimeout(sock_read=_WATCH_SECONDS + 30)
        async with aiohttp.ClientSession(
            f"https://{access.address}", connector=connector, timeout=timeout, read_bufsize=_MAX_OBJECT_BYTES
        ) as session:
            yield cls(session)

    async def get(self, path: str) -> dict[str, Any]:
        return await self._ask("GET", path)

    async def create(self, path: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Also where it is there already: a run that was cut short may have made it."""
        return await self._ask("POST", path, manifest, also_fine=(HTTPStatus.CONFLICT,))

    async def merge(self, path: str, change: Mapping[str, Any]) -> dict[str, Any]:
        """Also where it has gone meanwhile."""
        return await self._ask("PATCH", path, change, kind=MERGE_PATCH, also_fine=(HTTPStatus.NOT_FOUND,))

    async def delete(self, path: str) -> None:
        await self._ask("DELETE", f"{path}?gracePeriodSeconds=0", also_fine=(HTTPStatus.NOT_FOUND,))

    async def follow(self, path: str, selector: str = "") -> AsyncIterator[Seen]:
        """Everything there is, then every change, for ever; anew from a list whenever the watch ends."""
        while True:
            listed = await self._ask("GET", f"{path}?labelSelector={selector}")
            for item in listed["items"]:
                yield "present", item
            version = listed["metadata"]["resourceVersion"]
            async for seen in self._watch(path, selector, version):
                yield seen

    async def _watch(self, path: str, selector: str, version: str) -> AsyncIterator[Seen]:
        query = f"watch=1&resourceVersion={version}&labelSelector={selector}&timeoutSeconds={_WATCH_SECONDS}"
        try:
            async with self._session.get(f"{path}?{query}") as response:
                async for line in response.content:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        return
                    yield "deleted" if event["type"] == "DELETED" else "present", event["object"]
        except (aiohttp.ClientError, TimeoutError):
            await asyncio.sleep(_RETRY_SECONDS)

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        kind: str = "application/json",
        also_fine: tuple[HTTPStatus, ...] = (),
    ) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        for _ in range(_TRIES):
            async with self._session.request(method, path, data=content, headers={"Content-Type": kind}) as response:
                answer: dict[str, Any] = json.loads(await response.read())
                if response.ok or response.status in also_fine:
                    return answer
                if response.status not in _TRY_AGAIN:
                    raise RefusedError(f"{method} {path}: {response.status} {answer.get('message')}")
            await asyncio.sleep(_RETRY_SECONDS)
        raise RefusedError(f"{method} {path}: no success in {_TRIES} tries")
