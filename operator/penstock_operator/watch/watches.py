"""Runs kopf in a thread and an event loop of its own, and starts it anew when it ends or the kinds to watch change.

Its own loop, because kopf takes every task in its loop for its own when it stops. A kind cannot join or leave while it
runs without rights to watch every CustomResourceDefinition of the cluster; a restart costs one list of each kind.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Final

import kopf
from kubernetes.client import Configuration

from penstock_operator.reporting.log import place_of
from penstock_operator.state.kinds import ApiResource
from penstock_operator.watch.handlers import OnEvent, build_registry, build_settings

log = logging.getLogger("penstock_operator")

RESTART_SECONDS: Final = 2.0
STOP_SECONDS: Final = 15.0
TLS_CLOSE_SECONDS: Final = 0.25


class Watch:
    """`kinds` is asked at each start, of which `on_start` tells. `namespaces` empty: all."""

    def __init__(
        self,
        configuration: Configuration,
        namespaces: Sequence[str],
        *,
        kinds: Callable[[], Collection[ApiResource]],
        on_event: OnEvent,
        on_start: Callable[[], None],
    ) -> None:
        self._configuration = configuration
        self._namespaces = namespaces
        self._kinds = kinds
        self._on_event = on_event
        self._on_start = on_start
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._end_this_run: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def renew(self) -> None:
        """The kinds changed."""
        with self._lock:
            if self._end_this_run is not None:
                self._end_this_run()

    def stop(self) -> None:
        """Blocks until kopf has stopped, or for `STOP_SECONDS`."""
        self._stopping.set()
        self.renew()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                asyncio.run(self._watch())
            except Exception as error:  # also what kopf gave up on; the next start begins with fresh lists
                extra = {"error": type(error).__name__, "where": place_of(error)}
                log.warning("the watches ended and start anew", extra=extra)
            self._stopping.wait(RESTART_SECONDS)

    async def _watch(self) -> None:
        """Until `renew` or `stop`, or an error that kopf gives up on."""
        loop, end = asyncio.get_running_loop(), asyncio.Event()

        def end_this_run() -> None:
            loop.call_soon_threadsafe(end.set)

        with self._lock:
            self._end_this_run = end_this_run
        kinds = self._kinds()
        self._on_start()
        try:
            if not self._stopping.is_set():
                await kopf.operator(
                    registry=build_registry(kinds, self._configuration, self._on_event),
                    settings=build_settings(kinds),
                    clusterwide=not self._namespaces,
                    namespaces=self._namespaces,
                    stop_flag=end,
                )
        finally:
            with self._lock:
                self._end_this_run = None
            await asyncio.sleep(TLS_CLOSE_SECONDS)  # kopf does not wait for its connections to say goodbye
