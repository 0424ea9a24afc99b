"""What a specification allows and its author may not have meant. Pure; told in conditions, and stops nothing."""

import re
from collections.abc import Iterator
from typing import Final

from penstock_operator import defaults
from penstock_operator.api.pod import PodTemplate
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.render.pod.placement import is_in_worker_pods
from penstock_operator.render.pod.quantity import value_of
from penstock_operator.render.pod.resources import BRIDGE_BASE_BYTES, MEBIBYTE
from penstock_operator.render.pod.template import spread_key

_TAG_THAT_STAYS: Final = re.compile(r"@|:(?!latest$)[^/:]+$")

_SINGLE: Final = ("priorityClassName", "runtimeClassName", "serviceAccountName", "dnsConfig")


def spec_warnings(deployment: ModelDeployment, *, input_partitions: int | None) -> list[str]:
    """One text for each doubt: the field, what was found, what to do. `input_partitions`: None while unknown."""
    return [
        *_lag_threshold(deployment),
        *_idle_workers(deployment, input_partitions),
        *_drain(deployment),
        *_memory_limit(deployment),
        *_moving_image(deployment),
        *_oauth(deployment),
        *_repeated_spreads("worker", deployment.spec.worker.template),
        *_repeated_spreads("model", deployment.spec.model.template),
        *_contradictions(deployment),
    ]


def _lag_threshold(deployment: ModelDeployment) -> Iterator[str]:
    scaling, window = deployment.spec.scaling, defaults.window_records(deployment.spec.delivery)
    if scaling.mode == "Lag" and scaling.lag_threshold < window:
        yield (
            f"spec.scaling.lagThreshold is {scaling.lag_threshold}, but a worker may have {window} records in flight, "
            f"which count as backlog: workers are added for what is being answered already; raise it to {window}, or "
            "lower spec.delivery.maxInFlightRecords"
        )


def _idle_workers(deployment: ModelDeployment, input_partitions: int | None) -> Iterator[str]:
    scaling = deployment.spec.scaling
    is_fixed = scaling.mode == "Fixed"
    field, workers = (
        ("replicas", defaults.worker_replicas(scaling)) if is_fixed else ("minReplicas", scaling.min_replicas)
    )
    if input_partitions is not None and workers > input_partitions:
        yield (
            f"spec.scaling.{field} is {workers}, but the input topic has {input_partitions} partition(s), each read by "
            f"one worker: the others are idle; lower it, or add partitions"
        )


def _drain(deployment: ModelDeployment) -> Iterator[str]:
    delivery = deployment.spec.delivery
    if defaults.drain_seconds(delivery) < delivery.timeout_seconds:
        yield (
            f"spec.delivery.drainTimeoutSeconds is {defaults.drain_seconds(delivery)}, less than timeoutSeconds "
            f"({delivery.timeout_seconds}): a worker that stops may leave requests unanswered, and the next one sends "
            "them again; raise it above timeoutSeconds"
        )


def _memory_limit(deployment: ModelDeployment) -> Iterator[str]:
    spec = deployment.spec
    limit = spec.worker.resources.limits.get("memory")
    needed = BRIDGE_BASE_BYTES + spec.delivery.max_in_flight_bytes
    if limit is not None and value_of(limit) < needed:
        yield (
            f"spec.worker.resources.limits.memory is {limit}, but what may be in flight needs about "
            f"{needed // MEBIBYTE}Mi: a full worker may be killed; raise it, or lower spec.delivery.maxInFlightBytes"
        )


def _moving_image(deployment: ModelDeployment) -> Iterator[str]:
    image = deployment.spec.model.image
    if image is not None and _TAG_THAT_STAYS.search(image) is None:
        yield (
            "spec.model.image has no tag or the tag latest, which moves: workers may run different models, and "
            "predictions do not tell which; give a version's tag or a digest"
        )


def _oauth(deployment: ModelDeployment) -> Iterator[str]:
    sasl = deployment.spec.kafka.sasl
    oauth = sasl.oauth if sasl else None
    if oauth is None:
        return
    if oauth.token_endpoint_url.startswith("http://"):
        yield (
            "spec.kafka.sasl.oauth.tokenEndpointUrl is not https: the client secret is sent as it is; use an https url"
        )
    # KEDA takes both as one text, split at these characters, and has no way to escape them.
    extensions = [name for name, value in oauth.extensions.items() if "=" in name + value or "," in name]
    if extensions:
        yield (
            f"spec.kafka.sasl.oauth.extensions: KEDA cannot read {extensions[0][:64]!r}, whose name or value holds '=' "
            "or a comma: workers log in, but are not scaled; use others, or scaling.mode: Fixed"
        )
    if any("," in scope for scope in oauth.scopes):
        yield (
            "spec.kafka.sasl.oauth.scopes: KEDA takes a scope with a comma for two: workers log in, but may not be "
            "scaled; use another, or scaling.mode: Fixed"
        )


def _repeated_spreads(part: str, template: PodTemplate) -> Iterator[str]:
    keys = [spread_key(constraint) for constraint in template.topology_spread_constraints]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        topology, when = repeated[0]
        yield (
            f"spec.{part}.template.topologySpreadConstraints has {topology} with {when} more than once: the last one "
            "counts; remove the others"
        )


def _contradictions(deployment: ModelDeployment) -> Iterator[str]:
    """Only where both templates are the same pods'."""
    spec = deployment.spec
    if is_in_worker_pods(spec.model):
        fields = _contradicting(spec.worker.template, spec.model.template)
        if fields:
            yield (
                f"spec.worker.template and spec.model.template, which share the workers' pods, differ in "
                f"{', '.join(fields)}: the model's counts; remove one"
            )


def _contradicting(worker: PodTemplate, model: PodTemplate) -> list[str]:
    ours, theirs = (each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in (worker, model))
    singles = [name for name in _SINGLE if name in ours and name in theirs and ours[name] != theirs[name]]
    maps = [
        f"{name}.{key}"
        for name in ("labels", "annotations", "nodeSelector")
        for key in ours.get(name, {}).keys() & theirs.get(name, {}).keys()
        if ours[name][key] != theirs[name][key]
    ]
    affinity = [
        f"affinity.{part}"
        for part in ours.get("affinity", {}).keys() & theirs.get("affinity", {}).keys()
        if ours["affinity"][part] != theirs["affinity"][part]
    ]
    return singles + sorted(maps + affinity)
