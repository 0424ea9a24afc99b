"""The workers' Deployment as it should be, or as it is where it may not roll yet. Pure."""

from dataclasses import dataclass

from penstock_operator.decision.facts import Facts
from penstock_operator.decision.plan import Wish, hash_of, wish
from penstock_operator.decision.workers import rolled_out
from penstock_operator.observed import Upgrade
from penstock_operator.render.revision import KafkaRevision
from penstock_operator.render.worker_deployment import kafka_revision_of, worker_deployment


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers' Deployment as it should be: `wanted`, or as it is where it may not roll yet (`upgrade`).

    `revision`: the hash of the one that counts; None where there is none.
    """

    wanted: Wish | None
    revision: str | None
    upgrade: Upgrade


def workers_of(facts: Facts) -> Workers:
    live, active = facts.ours.get(facts.worker_key), facts.revisions.active
    if active is None or (facts.paused and live is None):  # a new Deployment would start a pod before it is scaled
        return Workers(None, hash_of(live) if live else None, Upgrade.NONE)
    manifest = worker_deployment(
        facts.deployment, facts.owner, facts.options, active, worker_config_name=facts.worker_config.key.name
    )
    wanted = wish(manifest, facts.kafka_key(active), facts.worker_config.key)
    if _is_upgrade(facts, wanted, active) and not facts.observed.upgrade_allowed and live is not None:
        return Workers(None, hash_of(live), Upgrade.WAITING)
    return Workers(wanted, wanted.hash, _upgrade(facts, wanted))


def _is_upgrade(facts: Facts, wanted: Wish, active: KafkaRevision) -> bool:
    """A rollout that neither the spec nor a new Kafka revision asks for: another image, or another rendering."""
    live = facts.ours.get(facts.worker_key)
    if live is None or hash_of(live) in (None, wanted.hash):
        return False
    same_spec = facts.workers_status.generation == facts.deployment.metadata.generation
    return same_spec and kafka_revision_of(live) == active.hash


def _upgrade(facts: Facts, wanted: Wish) -> Upgrade:
    live, rollout = facts.ours.get(facts.worker_key), facts.rollout
    if live is None or rollout is None or rollout.deadline_exceeded:
        return Upgrade.NONE
    over = rolled_out(rollout, wanted.hash, facts.workers_status.rolled_out)
    return Upgrade.NONE if over else Upgrade.ROLLING


def is_verified(facts: Facts, workers: Workers) -> bool:
    """A worker of this revision was once seen ready; where nothing scales to zero that is always so."""
    scaling = facts.deployment.spec.scaling
    if scaling.mode == "Fixed" or scaling.min_replicas > 0:
        return True
    return workers.revision is not None and facts.workers_status.verified == workers.revision
