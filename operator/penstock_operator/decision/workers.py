"""The live worker Deployment as far as decisions look at it. Pure."""

from dataclasses import dataclass
from typing import Self

from penstock_operator.decision.plan import hash_of
from penstock_operator.observed import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A Deployment. `revision` is the hash of the manifest that it was applied from.

    `settled`: its controller has seen this very state; otherwise the counts are about an earlier one.
    `uniform`: every pod is of the current template.
    """

    revision: str | None
    wanted: int
    ready: int
    settled: bool
    uniform: bool
    available: bool
    deadline_exceeded: bool
    refusal: str

    @classmethod
    def of(cls, deployment: Manifest) -> Self:
        status = deployment.get("status") or {}
        replicas = status.get("replicas") or 0
        stuck = _condition(deployment, "Progressing")
        refusal = _condition(deployment, "ReplicaFailure")
        wanted = deployment["spec"].get("replicas")
        return cls(
            revision=hash_of(deployment),
            wanted=1 if wanted is None else wanted,
            ready=status.get("readyReplicas") or 0,
            settled=(status.get("observedGeneration") or 0) >= (deployment["metadata"].get("generation") or 0),
            uniform=(status.get("updatedReplicas") or 0) == replicas,
            available=_condition(deployment, "Available").get("status") == "True",
            deadline_exceeded=stuck.get("status") == "False" and stuck.get("reason") == "ProgressDeadlineExceeded",
            refusal=str(refusal.get("message") or "") if refusal.get("status") == "True" else "",
        )


def _condition(deployment: Manifest, kind: str) -> Manifest:
    conditions = (deployment.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each.get("type") == kind), {})


def rolled_out(rollout: Rollout, revision: str, last_seen: str | None) -> bool:
    """Whether every pod is of this revision. `last_seen`: the revision that this was last true of; it stays true while
    the controller has not yet looked at what may be nothing but another number of replicas.
    """
    if rollout.revision != revision:
        return False
    if not rollout.settled:
        return last_seen == revision
    return rollout.uniform
