"""Every child as it should be now, in the order in which they are applied. Pure."""

from collections.abc import Iterator

from penstock_operator.decision.desired_jobs import kept_jobs
from penstock_operator.decision.desired_workers import Workers
from penstock_operator.decision.facts import Facts
from penstock_operator.decision.plan import Wish, wish
from penstock_operator.render.config_maps import kafka_config_map
from penstock_operator.render.model_deployment import model_deployment, model_service
from penstock_operator.render.network_policy import model_network_policy, worker_network_policy
from penstock_operator.render.pod_disruption_budget import model_disruption_budget, worker_disruption_budget
from penstock_operator.render.pod_monitor import pod_monitor
from penstock_operator.render.scaled_object import scaled_object
from penstock_operator.render.trigger_authentication import trigger_authentication


def wishes(facts: Facts, workers: Workers, job: Wish | None, *, verified: bool) -> Iterator[Wish]:
    yield facts.worker_config
    yield from _kafka_config_maps(facts)
    yield from kept_jobs(facts)
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


def _kafka_config_maps(facts: Facts) -> Iterator[Wish]:
    revisions = facts.revisions
    yield wish(kafka_config_map(facts.owner, revisions.spec))
    if revisions.candidate and revisions.active:
        yield wish(kafka_config_map(facts.owner, revisions.active))


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
