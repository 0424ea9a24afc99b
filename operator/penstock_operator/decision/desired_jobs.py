"""The pre-flight's Jobs: the next one, and those that are there as they were made. Pure."""

from collections.abc import Iterator, Sequence

from penstock_operator.decision.facts import Facts
from penstock_operator.decision.plan import Wish, wish
from penstock_operator.decision.prepare_jobs import MODE, SUBSCRIBED_AT, WORKER_CONFIG, PrepareJob
from penstock_operator.decision.revisions import NextPrepare
from penstock_operator.observed import ChildKey
from penstock_operator.render.prepare_job import Mode, prepare_job
from penstock_operator.render.revision import KafkaRevision


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


def kept_jobs(facts: Facts) -> Iterator[Wish]:
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
    needs = (facts.kafka_key(revision), ChildKey("ConfigMap", worker_config_name))
    return wish(manifest, *needs, annotations=told)
