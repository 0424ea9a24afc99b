"""Where watches, lists and answers to writes come together: into the store, and from there to the work queue."""

import time
from typing import Final

from penstock_operator.observed import Manifest
from penstock_operator.reconcile.work_queue import WorkQueue
from penstock_operator.reporting.metrics import Metrics
from penstock_operator.state.freshness import Freshness, Stream
from penstock_operator.state.kinds import MODEL_DEPLOYMENT, ApiResource
from penstock_operator.state.store import Store, version_of

GATHER_SECONDS: Final = 0.2  # changes of children come in bursts


class Observer:
    """Safe to use from several threads."""

    def __init__(
        self, store: Store, freshness: Freshness, queue: WorkQueue, metrics: Metrics, *, namespaced: bool
    ) -> None:
        """`namespaced`: each namespace has watches of its own."""
        self._store = store
        self._freshness = freshness
        self._queue = queue
        self._metrics = metrics
        self._namespaced = namespaced

    def told(self, resource: ApiResource, manifest: Manifest, gone: bool) -> None:
        """By a watch. What a write brought already is no news, so that the operator does not wake itself."""
        self._metrics.watch_told(resource.kind)
        self._freshness.deliver(self._stream(resource, manifest), version_of(manifest))
        changed = self._store.remove(resource, manifest) if gone else self._store.put(resource, manifest)
        by_user = resource == MODEL_DEPLOYMENT  # who may have mended what failed
        for key in changed:
            self._queue.add(key, after_seconds=0.0 if by_user else GATHER_SECONDS, end_backoff=by_user)

    def written(self, resource: ApiResource, manifest: Manifest) -> None:
        """By us: so it exists, and the watch must come to it."""
        self._freshness.expect(self._stream(resource, manifest), version_of(manifest), time.monotonic())

    def _stream(self, resource: ApiResource, manifest: Manifest) -> Stream:
        return Stream(resource, manifest["metadata"]["namespace"] if self._namespaced else None)
