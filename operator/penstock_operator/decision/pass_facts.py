"""All that one pass decided before it judges and acts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from penstock_operator.api.status import WorkersStatus
from penstock_operator.decision.desired_workers import Workers
from penstock_operator.decision.facts import Facts
from penstock_operator.decision.plan import Plan, Wish, key_of
from penstock_operator.decision.preparation import Preparation
from penstock_operator.decision.workers import Rollout, rolled_out
from penstock_operator.observed import ChildKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PassFacts:
    """`verified`: as of the status before this pass. `wanted`: every child that is wanted now."""

    facts: Facts
    preparation: Preparation
    workers: Workers
    wanted: Mapping[ChildKey, Wish]
    plan: Plan
    verified: bool

    @property
    def rolled_out(self) -> bool:
        """Every worker's pod is as it should be by now; a revision that was just activated is not there yet."""
        if self.preparation.activated:
            return False
        rollout, revision = self.facts.rollout, self.workers.revision
        if rollout is None or revision is None:
            return revision is None and self.facts.paused
        return rolled_out(rollout, revision, self.facts.workers_status.rolled_out)

    @property
    def refusals(self) -> Mapping[ChildKey, str]:
        """Of what is still to be written; a child that is as it should be by now has none."""
        pending = {key_of(apply.manifest) for apply in self.plan.applies}
        return {key: text for key, text in self.facts.observed.refusals.items() if key in pending}

    @property
    def model_rolled_out(self) -> bool:
        wanted, rollout = self.wanted.get(self.facts.model_key), self.facts.model_rollout
        return wanted is None or (rollout is not None and _at(rollout, wanted.hash))


def _at(rollout: Rollout, revision: str) -> bool:
    return rollout.revision == revision and rollout.settled and rollout.uniform


def workers_status(seen: PassFacts) -> WorkersStatus:
    """What is seen now, else what was last seen."""
    rollout, revision = seen.facts.rollout, seen.workers.revision
    update: dict[str, object] = {}
    if rollout and seen.workers.wanted and rollout.revision == revision:
        update["generation"] = seen.facts.deployment.metadata.generation
    if rollout and revision and _at(rollout, revision):
        update |= {"rolled_out": revision} | ({"verified": revision} if rollout.ready else {})
    return seen.facts.workers_status.model_copy(update=update)
