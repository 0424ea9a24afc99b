"""One pass over one ModelDeployment: observe, decide, carry out, write the status. Runs in a thread of the work queue.

Level-triggered: a pass knows nothing of the one before but what is in the cluster. What changes by it is seen in the
next, which follows at once where anything was written.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Final, Protocol

from penstock_operator.cluster.api_errors import ApiError
from penstock_operator.cluster.client import Cluster
from penstock_operator.observed import (
    Action,
    Apply,
    ChildKey,
    Decision,
    Delete,
    Manifest,
    NoReport,
    Observed,
    PodAddress,
    Scale,
    WorkerReport,
)
from penstock_operator.options import Options
from penstock_operator.reconcile.upgrades import Upgrades
from penstock_operator.state.kinds import BY_KIND, DEPLOYMENT, MODEL_DEPLOYMENT, ApiResource, ResourceKey
from penstock_operator.state.store import Store
from penstock_operator.state.surroundings import Surroundings

log = logging.getLogger("penstock_operator")

AFTER_A_WRITE_SECONDS: Final = 0.2  # time for what it sets off to come with it
MAX_ROUNDS: Final = 3

Decide = Callable[[Observed, Options], Decision]


class Reports(Protocol):
    """What workers say of themselves."""

    def report(self, key: ResourceKey) -> WorkerReport | NoReport: ...

    def ask(self, key: ResourceKey, pod: PodAddress | None) -> None: ...


class Reconciler:
    """`wake` asks for a pass over another ModelDeployment."""

    def __init__(
        self,
        cluster: Cluster,
        store: Store,
        surroundings: Surroundings,
        reports: Reports,
        *,
        decide: Decide,
        written: Callable[[ApiResource, Manifest], None],
        wake: Callable[[ResourceKey], None],
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._surroundings = surroundings
        self._reports = reports
        self._decide = decide
        self._written = written
        self._wake = wake
        self._lock = Lock()
        self._upgrades = Upgrades()
        self._refusals: dict[ResourceKey, dict[ChildKey, str]] = {}

    def reconcile(self, key: ResourceKey) -> float | None:
        """Seconds until time alone could change anything. Raises `ApiError`; what was done until then is done."""
        resource = self._store.resource(key)
        if resource is None or "deletionTimestamp" in resource["metadata"]:
            self._forget(key)  # the garbage collector takes the children, also while no operator runs
            return None
        run = _Pass(self._cluster, self._store, key, self._refusals.setdefault(key, {}), self._written)
        decision = self._decide(self._observe(key, resource, run), self._surroundings.options)
        for _ in range(MAX_ROUNDS):
            if not run.carry_out(decision):
                break
            decision = self._decide(self._observe(key, resource, run), self._surroundings.options)
        self._settle(key, decision)
        self._write_status(resource, decision)
        return AFTER_A_WRITE_SECONDS if run.changed else decision.requeue_after_seconds

    def _observe(self, key: ResourceKey, resource: Manifest, run: "_Pass") -> Observed:
        with self._lock:
            upgrade_allowed = self._upgrades.allowed(key)
        return Observed(
            resource=resource,
            children={**run.strangers, **self._store.children(key)},
            pods=self._store.pods(key),
            keda_present=self._surroundings.keda_present,
            worker_report=self._reports.report(key),
            now=datetime.now(UTC),
            refusals=dict(run.refusals),
            upgrade_allowed=upgrade_allowed,
        )

    def _settle(self, key: ResourceKey, decision: Decision) -> None:
        self._reports.ask(key, decision.ask_worker)
        with self._lock:
            next_in_line = self._upgrades.settle(key, decision.upgrade)
        if next_in_line is not None:
            self._wake(next_in_line)

    def _write_status(self, resource: Manifest, decision: Decision) -> None:
        """Events tell of a change of status, so they follow it, and a lost one is no reason to try again."""
        if decision.status == resource.get("status", {}):
            return
        answer = self._cluster.write_status(resource, decision.status)
        self._store.put(MODEL_DEPLOYMENT, answer)
        self._written(MODEL_DEPLOYMENT, answer)
        for event in decision.events:
            try:
                self._cluster.post_event(resource, event, datetime.now(UTC))
            except ApiError as error:
                log.warning("an event was not taken", extra={"reason": event.reason, "cause": str(error)})

    def _forget(self, key: ResourceKey) -> None:
        self._refusals.pop(key, None)
        self._settle(key, Decision((), {}, (), None, None))


class _Pass:
    """The writes of one pass. Each action is tried once."""

    def __init__(
        self,
        cluster: Cluster,
        store: Store,
        key: ResourceKey,
        refusals: dict[ChildKey, str],
        written: Callable[[ApiResource, Manifest], None],
    ) -> None:
        self.changed = False
        self.strangers: dict[ChildKey, Manifest] = {}
        self.refusals = refusals
        self._cluster = cluster
        self._store = store
        self._key = key
        self._written = written
        self._tried: set[tuple[type, ChildKey, str | None]] = set()

    def carry_out(self, decision: Decision) -> bool:
        """Whether something came up that the decision did not know: a stranger's object, a refusal or its end."""
        known = (len(self.strangers), dict(self.refusals))
        for action in decision.actions:
            child = _child_of(action)
            attempt = (type(action), child, None if isinstance(action, Scale) else action.uid)
            if attempt not in self._tried:
                self._tried.add(attempt)
                self._try(action, child)
        return known != (len(self.strangers), self.refusals)

    def _try(self, action: Action, child: ChildKey) -> None:
        """A refusal concerns this child alone; anything else is for the whole pass to try again."""
        try:
            self._do(action, child)
        except ApiError as error:
            if error.is_refusal:
                self.refusals[child] = str(error)
            elif not self._is_strangers(action, child, error):
                raise
        else:
            self.refusals.pop(child, None)

    def _do(self, action: Action, child: ChildKey) -> None:
        if isinstance(action, Apply):
            self._keep(child, self._cluster.apply(action.manifest, action.uid))
        elif isinstance(action, Scale):
            self._keep(child, self._cluster.scale(self._name(child), action.replicas))
        else:
            self._cluster.delete(self._key.namespace, action.key, action.uid)
            self.changed = True

    def _keep(self, child: ChildKey, answer: Manifest | None) -> None:
        """The watch will tell the same later, but the next pass must not do it again meanwhile."""
        if answer is None:
            self.changed = True
        elif self._store.put(BY_KIND[child.kind], answer):  # else the write changed nothing
            self.changed = True
            self._written(BY_KIND[child.kind], answer)

    def _is_strangers(self, action: Action, child: ChildKey, error: ApiError) -> bool:
        """Whether a creation found an object that the watches, which see ours alone, do not tell of."""
        if not (error.is_conflict and isinstance(action, Apply) and action.uid is None):
            return False
        found = self._cluster.read(BY_KIND[child.kind], self._name(child))
        if found is None:
            return False
        self.strangers[child] = found
        return True

    def _name(self, child: ChildKey) -> ResourceKey:
        return ResourceKey(self._key.namespace, child.name)


def _child_of(action: Action) -> ChildKey:
    if isinstance(action, Apply):
        return ChildKey(action.manifest["kind"], action.manifest["metadata"]["name"])
    return action.key if isinstance(action, Delete) else ChildKey(DEPLOYMENT.kind, action.deployment)
