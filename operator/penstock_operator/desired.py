"""Every child as it should be now, in the order in which they are applied. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from penstock_operator import defaults, names
from penstock_operator.facts import Facts
from penstock_operator.observed import ChildKey, Upgrade
from penstock_operator.plan import Wish, hash_of, is_current, wish
from penstock_operator.prepare_jobs import MODE, SUBSCRIBED_AT, WORKER_CONFIG, PrepareJob
from penstock_operator.render.config_maps import kafka_config_map
from penstock_operator.render.model_deployment import model_deployment, model_service
from penstock_operator.render.network_policy import model_network_policy, worker_network_policy
from penstock_operator.render.pod_disruption_budget import model_disruption_budget, worker_disruption_budget
from penstock_operator.render.pod_monitor import pod_monitor
from penstock_operator.render.prepare_job import Mode, prepare_job
from penstock_operator.render.revision import KafkaRevision
from penstock_operator.render.scaled_object import scaled_object
from penstock_operator.render.trigger_authentication import trigger_authentication
from penstock_operator.render.worker_deployment import kafka_revision_of, worker_deployment
from penstock_operator.revisions import NextPrepare


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
    wanted = wish(manifest, _kafka_key(facts, active), facts.worker_config.key)
    if _is_upgrade(facts, wanted, active) and not facts.observed.upgrade_allowed and live is not None:
        return Workers(None, hash_of(live), Upgrade.WAITING)
    return Workers(wanted, wanted.hash, _upgrade(facts, wanted))


def _is_upgrade(facts: Facts, wanted: Wish, active: KafkaRevision) -> bool:
    """A rollout that neither the spec nor a new Kafka revision asks for: another image, or another rendering."""
    live = facts.ours.get(facts.worker_key)
    if live is None or hash_of(live) in (None, wanted.hash):
        return False
    same_spec = facts.status.observed_generation == facts.deployment.metadata.generation
    return same_spec and kafka_revision_of(live) == active.hash


def _upgrade(facts: Facts, wanted: Wish) -> Upgrade:
    live, rollout = facts.ours.get(facts.worker_key), facts.rollout
    if live is None or rollout is None or rollout.deadline_exceeded:
        return Upgrade.NONE
    rolling = rollout.revision != wanted.hash or not (rollout.settled and rollout.uniform)
    return Upgrade.ROLLING if rolling or rollout.ready < rollout.wanted else Upgrade.NONE


def wishes(facts: Facts, workers: Workers, job: Wish | None, *, verified: bool) -> Iterator[Wish]:
    yield facts.worker_config
    yield from _kafka_config_maps(facts)
    yield from _kept_jobs(facts)
    if job:
        yield job
    if facts.has_own_model:
        yield from _own_model(facts)
    if workers.wanted:
        yield workers.wanted
    yield from _scaler(facts, workers, verified=verified)
    yield wish(worker_disruption_budget(facts.owner))
    if facts.options.network_policy:
        yield wish(worker_network_policy(facts.owner))
    if facts.options.pod_monitor:
        yield wish(pod_monitor(facts.owner))


def _kafka_key(facts: Facts, revision: KafkaRevision) -> ChildKey:
    return ChildKey("ConfigMap", names.kafka_config(facts.owner.name, revision.hash))


def _kafka_config_maps(facts: Facts) -> Iterator[Wish]:
    revisions = facts.revisions
    yield wish(kafka_config_map(facts.owner, revisions.spec))
    if revisions.candidate and revisions.active:
        yield wish(kafka_config_map(facts.owner, revisions.active))


def new_job(facts: Facts, chosen: NextPrepare) -> Wish:
    kafka = facts.kafka_status
    same_reading = facts.revisions.active is not None and _reads(facts.revisions.active) == _reads(chosen.revision)
    return _job(
        facts,
        chosen.revision,
        worker_config_name=facts.worker_config.key.name,
        attempt=chosen.attempt,
        mode=chosen.mode,
        subscribed_at=kafka.subscribed_at if same_reading else None,
    )


def _reads(revision: KafkaRevision) -> tuple[str, str]:
    return revision.settings.consumer_group, revision.settings.topics.input


def _kept_jobs(facts: Facts) -> Iterator[Wish]:
    """As they were made, so that what may change of a Job is put back."""
    known = {revision.hash: revision for revision in (facts.revisions.spec, facts.revisions.active) if revision}
    for job in facts.jobs:
        revision, mode = known.get(job.revision), _mode(job)
        if revision and mode:
            yield _job(
                facts,
                revision,
                worker_config_name=job.worker_config,
                attempt=job.attempt,
                mode=mode,
                subscribed_at=job.subscribed_at,
            )


def _mode(job: PrepareJob) -> Mode | None:
    modes: Sequence[Mode] = ("apply", "check", "renew")
    return next((mode for mode in modes if mode == job.mode), None)


def _job(
    facts: Facts,
    revision: KafkaRevision,
    *,
    worker_config_name: str,
    attempt: int,
    mode: Mode,
    subscribed_at: str | None,
) -> Wish:
    manifest = prepare_job(
        facts.deployment,
        facts.owner,
        facts.options,
        revision,
        worker_config_name=worker_config_name,
        attempt=attempt,
        mode=mode,
        subscribed_at=subscribed_at,
    )
    told = {MODE: mode, WORKER_CONFIG: worker_config_name, **({SUBSCRIBED_AT: subscribed_at} if subscribed_at else {})}
    needs = (_kafka_key(facts, revision), ChildKey("ConfigMap", worker_config_name))
    return wish(manifest, *needs, annotations=told)


def _own_model(facts: Facts) -> Iterator[Wish]:
    yield wish(model_service(facts.deployment, facts.owner))
    yield wish(model_deployment(facts.deployment, facts.owner, facts.options))
    yield wish(model_disruption_budget(facts.owner))
    if facts.options.network_policy:
        yield wish(model_network_policy(facts.deployment, facts.owner))


def _scaler(facts: Facts, workers: Workers, *, verified: bool) -> Iterator[Wish]:
    """Nothing of KEDA's is touched while it is not known to be there."""
    active = facts.revisions.active
    if facts.deployment.spec.scaling.mode != "Lag" or not facts.observed.keda_present or active is None:
        return
    if workers.revision is None:
        return
    authentication = trigger_authentication(facts.owner, active)
    needs = [facts.worker_key]
    if authentication:
        login = wish(authentication)
        needs.append(login.key)
        yield login
    manifest = scaled_object(facts.deployment, facts.owner, active, paused=facts.paused, verified=verified)
    yield wish(manifest, *needs)


def is_verified(facts: Facts, workers: Workers) -> bool:
    """A worker of this revision was once seen ready; where nothing scales to zero that is always so."""
    scaling = facts.deployment.spec.scaling
    if scaling.mode == "Fixed" or scaling.min_replicas > 0:
        return True
    return workers.revision is not None and facts.workers_status.verified == workers.revision


def is_as_wanted(facts: Facts, wanted: Wish) -> bool:
    live = facts.ours.get(wanted.key)
    return live is not None and is_current(wanted, live)


def model_replicas(facts: Facts) -> int:
    return defaults.model_replicas(facts.deployment.spec.model)
