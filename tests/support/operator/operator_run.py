"""An operator in this process, with a decision of the test's own, beside the test's thread."""

import asyncio
import threading
import urllib.error
import urllib.request
from types import TracebackType
from typing import Self

from penstock_operator.reconcile.reconciler import Decide
from penstock_operator.run import Operator
from penstock_operator.settings import OperatorSettings
from support.operator.api import Api

_START_SECONDS = 20
_STOP_SECONDS = 30


class OperatorRun:
    """A context manager; leaving it stops the operator as SIGTERM does."""

    def __init__(self, api: Api, decide: Decide, *, namespaces: tuple[str, ...] = (), **settings: object) -> None:
        given = {"worker_image": "worker:1", "port": 0, "namespaces": namespaces, "threads": 4, **settings}
        self._settings = OperatorSettings.model_validate(given)
        self._api = api
        self._decide = decide
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="operator", daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._operator: Operator
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(_START_SECONDS)
        if self.error is not None:
            raise self.error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOP_SECONDS)
        assert not self._thread.is_alive(), "the operator does not stop"
        if self.error is not None and error is None:
            raise self.error

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of one of its own pages."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._operator.server.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, line_start: str) -> float:
        """0 for a series that is not there yet."""
        lines = (line for line in self.get("/metrics")[1].splitlines() if line.startswith(line_start))
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def relist_now(self) -> None:
        """Instead of waiting for its time."""
        self._loop.call_soon_threadsafe(self._operator.relist.soon)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self.error = error
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._operator = Operator(self._settings, self._api.configuration(), decide=self._decide, version="test")
        await self._operator.server.start()
        self._ready.set()
        await self._operator.run(self._stop)
