"""A fake API server over HTTP, in a thread of its own."""

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from penstock_operator.state.kinds import BY_KIND, ApiResource
from support.fake_api import discovery
from support.fake_api.faults import Faults
from support.fake_api.objects import Failure, Object
from support.fake_api.requests import CREATED, Requests, Target

_BOOKMARK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Write:
    """One line of the audit log."""

    method: str
    path: str
    status: int


class FakeApi:
    """A context manager. `served` may be changed at any time; `mute` makes watches say nothing more.

    `writes` is the audit log, `read` every path that was asked for, `watches` how many are open.
    """

    def __init__(self) -> None:
        self.served: set[ApiResource] = set(BY_KIND.values())
        self.faults = Faults()
        self.writes: list[Write] = []
        self.read: set[str] = set()
        self.watches = 0
        self.mute = False
        self.requests = Requests()
        self._changed: asyncio.Event
        self._runner: web.AppRunner
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="fake API", daemon=True)
        self._ready = threading.Event()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def write_kubeconfig(self, file: Path) -> Path:
        named = {"name": "fake", "cluster": {"server": self.url}}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [named],
            "users": [{"name": "fake", "user": {}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
            "current-context": "fake",
        }
        file.write_text(json.dumps(document))
        return file

    def compact(self) -> None:
        """The history is gone, and every watch must list anew."""
        self._loop.call_soon_threadsafe(self._compact)

    def _compact(self) -> None:
        self.requests.objects.compact()
        self._changed.set()

    # --- in the thread -----------------------------------------------------------------------------------------

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        watches = asyncio.all_tasks(self._loop)
        for watch in watches:
            watch.cancel()
        self._loop.run_until_complete(asyncio.gather(*watches, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _start(self) -> None:
        self._changed = asyncio.Event()
        app = web.Application(client_max_size=8 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take(request.method, request.path)
        if fault is not None:
            headers = {} if fault.retry_after_seconds is None else {"Retry-After": str(fault.retry_after_seconds)}
            return _failure(fault.status, "Injected", "injected by the test", headers)
        try:
            if request.method == "GET":
                return await self._read(request)
            return await self._write(request)
        except Failure as failure:
            self._log(request, failure.status)
            return _failure(failure.status, failure.reason, str(failure), {}, failure.causes)

    async def _read(self, request: web.Request) -> web.StreamResponse:
        self.read.add(request.path)
        said = self._said_of_itself(request.path)
        if said is not None:
            return web.json_response(said)
        target = self._target(request.path)
        if target.name:
            return web.json_response(self.requests.objects.find(target.resource, target.key))
        if request.query.get("watch") == "true":
            return await self._watch(request, target)
        return web.json_response(self.requests.list(target, request.query))

    async def _write(self, request: web.Request) -> web.Response:
        target, text = self._target(request.path), await request.text()
        body = json.loads(text) if text else None
        before = self.requests.objects.version
        answer = self.requests.write(request.method, target, request.query, body, request.content_type)
        status = CREATED if request.method == "POST" else 200
        self._log(request, status)
        if self.requests.objects.version != before:
            self._changed.set()
        return web.json_response(answer, status=status)

    async def _watch(self, request: web.Request, target: Target) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        self.watches += 1
        try:
            async for event in self._events(target, request.query.get("labelSelector", ""), request):
                await response.write(json.dumps(event).encode() + b"\n")
        except ConnectionError:
            pass  # the client went
        finally:
            self.watches -= 1
        return response

    async def _events(self, target: Target, selector: str, request: web.Request) -> AsyncIterator[Object]:
        objects, since = self.requests.objects, int(request.query.get("resourceVersion") or 0)
        while True:
            if since < objects.oldest:
                yield {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
                return
            until, changed = objects.version, self._changed
            if not self.mute:
                for event in list(objects.changes(target.resource, target.namespace, selector, since)):
                    yield event
                since = until
                metadata = {"resourceVersion": str(until)}
                yield {"type": "BOOKMARK", "object": {"kind": target.resource.kind, "metadata": metadata}}
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_BOOKMARK_SECONDS):
                    await changed.wait()
                    self._changed = asyncio.Event() if self._changed is changed else self._changed

    def _said_of_itself(self, path: str) -> Any:
        if path == "/apis":
            return discovery.groups(self.served)
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path.startswith("/openapi/v3/"):
            return _found(discovery.openapi(self.served), path)
        if path == "/api/v1" or (path.startswith("/apis/") and path.count("/") == 3):
            return _found(discovery.resources(self.served, path), path)
        return None

    def _target(self, path: str) -> Target:
        for resource in (*self.served, discovery.EVENT):
            rest = path.removeprefix(f"{resource.group_path}/")
            if rest != path:
                namespace, plural, name, subresource = _parts(rest)
                if plural == resource.plural:
                    return Target(resource, namespace, name, subresource)
        raise Failure(404, "NotFound", "the server could not find the requested resource")

    def _log(self, request: web.Request, status: int) -> None:
        if request.method != "GET":
            self.writes.append(Write(request.method, request.path, status))


def _parts(rest: str) -> Iterator[Any]:
    parts = rest.split("/")
    namespace = None
    if parts[0] == "namespaces":
        namespace, parts = parts[1], parts[2:]
    padded = [*parts, "", ""]
    return iter((namespace, padded[0], padded[1], padded[2]))


def _found(said: Any, path: str) -> Any:
    if said is None:
        raise Failure(404, "NotFound", f"{path} not found")
    return said


def _failure(
    status: int, reason: str, message: str, headers: dict[str, str], causes: Sequence[Any] = ()
) -> web.Response:
    details = {"causes": list(causes)}
    said = {"kind": "Status", "status": "Failure", "code": status, "reason": reason, "message": message}
    return web.json_response(said | {"details": details}, status=status, headers=headers)
