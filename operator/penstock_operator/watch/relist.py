"""Lists everything that is watched and puts the store right: at the start, so that no pass sees half of a cluster, and
now and then, since a watch cannot tell what vanished while it was broken.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from penstock_operator.cluster.api_errors import ApiError
from penstock_operator.cluster.client import Cluster
from penstock_operator.observed import Manifest
from penstock_operator.reporting.metrics import Metrics
from penstock_operator.state.freshness import Freshness, Stream
from penstock_operator.state.kinds import ApiResource, ResourceKey
from penstock_operator.state.store import Store, version_of
from penstock_operator.state.surroundings import Surroundings

log = logging.getLogger("penstock_operator")

EVERYWHERE: Final = (None,)


class Relist:
    """`namespaces` empty: all. `changed` is told of each ModelDeployment of which something was not as known."""

    def __init__(
        self,
        cluster: Cluster,
        store: Store,
        freshness: Freshness,
        surroundings: Surroundings,
        metrics: Metrics,
        *,
        namespaces: Sequence[str],
        changed: Callable[[ResourceKey], None],
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._freshness = freshness
        self._surroundings = surroundings
        self._metrics = metrics
        self._namespaces = namespaces
        self._changed = changed
        self._wanted = asyncio.Event()

    def run_once(self) -> None:
        """Blocks. Raises `ApiError`; the kinds before that one are right then."""
        for resource in self._surroundings.kinds():
            for namespace in self._namespaces or EVERYWHERE:
                newest = self._list(resource, namespace)
                self._freshness.list_newest(Stream(resource, namespace), newest, time.monotonic())

    def soon(self) -> None:
        """In the event loop: does not wait for its time."""
        self._wanted.set()

    async def run(self, every_seconds: float) -> None:
        while True:
            try:
                async with asyncio.timeout(every_seconds * random.uniform(0.9, 1.1)):  # noqa: S311
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            await self._run_once_or_log()

    async def _run_once_or_log(self) -> None:
        try:
            await asyncio.to_thread(self.run_once)
        except ApiError as error:
            self._metrics.relisted("error")
            log.warning("cannot list", extra={"status": error.status, "cause": str(error)})
        else:
            self._metrics.relisted("success")

    def _list(self, resource: ApiResource, namespace: str | None) -> int:
        """The newest version of an object there."""
        newest = 0

        def pages() -> Iterator[tuple[list[Manifest], int]]:
            nonlocal newest
            for manifests, version in self._cluster.pages(resource, namespace):
                newest = max(newest, *map(version_of, manifests), 0)
                yield manifests, version

        for key in self._store.replace(resource, pages(), namespace=namespace):
            self._changed(key)
        return newest
