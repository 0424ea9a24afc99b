"""What the decision sees and what it asks for. Values only: edges make the one and carry out the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Literal

Manifest = Mapping[str, Any]
"""A Kubernetes object, or a part of one, as plain JSON."""


@dataclass(frozen=True, slots=True, order=True)
class ChildKey:
    """One child in the namespace of its ModelDeployment. `kind` alone suffices: no two API groups share one of ours."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """One worker's `/status`. Every text is from a fixed list; the edge drops what is not."""

    breaker: Literal["Closed", "HalfOpen", "Open"]
    reason: str | None
    output: Literal["Writable", "OutputUnwritable"]


class NoReport(Enum):
    """Why there is no report. Asking later must not look like a change: what was known stays until an answer comes."""

    NOT_ASKED = "nobody asked yet, or the pod that was asked is gone"
    NO_ANSWER = "the worker did not answer in time, or not in the form it should"


@dataclass(frozen=True, slots=True)
class Observed:
    """A ModelDeployment and all that is known of it, at one moment.

    `children`: live objects of our kinds in its namespace that carry its instance label or bear a name that it uses;
    those of others as well, since they are told apart here.
    `pods`: those with its instance label (worker, model, prepare).
    `keda_present`: whether the API server has KEDA's API group; None while that is not known.
    `refusals`: what the API server said no to for good (400, 403, 422, and 404 for a kind that it does not know) when
    the child was last written, its text cut to 256 bytes; empty once a write of that child went through.
    `upgrade_allowed`: this ModelDeployment may begin a rollout that its spec did not ask for. See `Decision.upgrade`.
    `now`: in UTC, aware.
    """

    resource: Manifest
    children: Mapping[ChildKey, Manifest]
    pods: Sequence[Manifest]
    keda_present: bool | None
    worker_report: WorkerReport | NoReport
    now: datetime
    refusals: Mapping[ChildKey, str] = field(default_factory=dict)
    upgrade_allowed: bool = True


@dataclass(frozen=True, slots=True)
class Apply:
    """Server-side apply by the field manager `penstock-operator`, with force.

    `uid` is that of the live object, which must still be the one to change. None: there was none, so whatever has the
    name by now is somebody else's, and must be shown as a child before anything is written.
    """

    manifest: Manifest
    uid: str | None


@dataclass(frozen=True, slots=True)
class Delete:
    """With the UID as precondition; what it owns goes in the background."""

    key: ChildKey
    uid: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A write to the Deployment's `/scale`."""

    deployment: str
    replicas: int


Action = Apply | Delete | Scale


@dataclass(frozen=True, slots=True)
class Event:
    """Told to the user once the status that it belongs to is written."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


class Upgrade(Enum):
    """Where a rollout stands that came with another operator or worker image, not with the spec.

    The edge lets a bounded number of ModelDeployments be `ROLLING`; the others see `upgrade_allowed=False`.
    """

    NONE = "nothing to roll"
    WAITING = "would roll, but may not yet"
    ROLLING = "a rollout is under way"


@dataclass(frozen=True, slots=True)
class PodAddress:
    name: str
    ip: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done now: `actions` in order, then the status if it differs from the resource's, then the events.

    `requeue_after_seconds`: when time alone could change the decision; None: it cannot.
    `ask_worker`: the pod whose `/status` should be known; None: there is none to ask.
    """

    actions: Sequence[Action]
    status: Manifest
    events: Sequence[Event]
    requeue_after_seconds: float | None
    ask_worker: PodAddress | None
    upgrade: Upgrade = Upgrade.NONE
