"""KEDA's ScaledObject: as many workers as the consumer group's backlog asks for. Pure.

It names the active revision, as the workers do: a candidate that has not passed must not scale what runs.
"""

from typing import Any, Final

from penstock_operator import names
from penstock_operator.api.scaling import Scaling, ScalingBehavior
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.render.owner import Manifest, Owner
from penstock_operator.render.revision import KafkaRevision, RevisionSettings
from penstock_operator.render.trigger_authentication import trigger_authentication

PAUSED_REPLICAS: Final = "autoscaling.keda.sh/paused-replicas"

KAFKA_PROTOCOL_VERSION: Final = "2.5.0"
"""The oldest broker that the worker's transactions work with; without it KEDA speaks as to a broker of 1.0."""

FALLBACK_AFTER_FAILURES: Final = 3

_MECHANISMS: Final = {
    "Plain": "plaintext",
    "ScramSha256": "scram_sha256",
    "ScramSha512": "scram_sha512",
    "OAuthBearer": "oauthbearer",
}


def scaled_object(
    deployment: ModelDeployment, owner: Owner, revision: KafkaRevision, *, paused: bool, verified: bool
) -> Manifest:
    """`verified` False, where scaling to zero is allowed: hold one worker until it has been seen to work."""
    manifest = owner.child("ScaledObject", names.worker(owner.name), "worker")
    if paused:
        manifest["metadata"]["annotations"] = {PAUSED_REPLICAS: "0"}
    scaling = deployment.spec.scaling
    manifest["spec"] = {
        "scaleTargetRef": {"name": names.worker(owner.name)},
        "minReplicaCount": scaling.min_replicas if verified else max(1, scaling.min_replicas),
        "maxReplicaCount": scaling.max_replicas,
        "pollingInterval": scaling.polling_interval_seconds,
        "cooldownPeriod": scaling.cooldown_period_seconds,
        **_zero_or_fallback(scaling),
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _behavior(scaling.behavior)}},
        "triggers": [_trigger(scaling, owner, revision)],
    }
    return manifest


def _zero_or_fallback(scaling: Scaling) -> Manifest:
    if scaling.min_replicas == 0:
        # Otherwise a new ScaledObject without backlog goes to zero at its first poll.
        return {"initialCooldownPeriod": scaling.cooldown_period_seconds}
    # While the backlog cannot be read, what runs goes on. KEDA's fallback cannot lift from zero.
    return {
        "fallback": {
            "failureThreshold": FALLBACK_AFTER_FAILURES,
            "replicas": scaling.min_replicas,
            "behavior": "currentReplicasIfHigher",
        }
    }


def _behavior(behavior: ScalingBehavior) -> dict[str, Any]:
    rules: dict[str, Any] = behavior.model_dump(mode="json", by_alias=True)
    # An autoscaler refuses an empty list of policies, and takes its own for a missing one.
    return {direction: {key: value for key, value in rule.items() if value != []} for direction, rule in rules.items()}


def _trigger(scaling: Scaling, owner: Owner, revision: KafkaRevision) -> Manifest:
    trigger: Manifest = {
        "type": "kafka",
        "name": "backlog",
        # The autoscaler asks every 15 s; this answers with what was read at the last poll.
        "useCachedMetrics": True,
        "metadata": _metadata(scaling, revision.settings),
    }
    authentication = trigger_authentication(owner, revision)
    if authentication is not None:
        trigger["authenticationRef"] = {"name": authentication["metadata"]["name"]}
    return trigger


def _metadata(scaling: Scaling, settings: RevisionSettings) -> dict[str, str]:
    metadata = {
        "bootstrapServers": ",".join(settings.bootstrap_servers),
        "consumerGroup": settings.consumer_group,
        "topic": settings.topics.input,
        "version": KAFKA_PROTOCOL_VERSION,
        "lagThreshold": str(scaling.lag_threshold),
        # As workers do with a partition that has no commit: its backlog is all that it retains.
        "offsetResetPolicy": "earliest",
    }
    if settings.tls is not None:
        metadata["tls"] = "enable"
    if settings.sasl is not None:
        metadata["sasl"] = _MECHANISMS[settings.sasl.mechanism]
    return metadata
