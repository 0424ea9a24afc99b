"""What one pass works with: the resource read, its children sorted by whose they are. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from penstock_operator import defaults, names
from penstock_operator.api.status import KafkaStatus, Status, WorkersStatus
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.decision.ownership import Ownership, ownership_of
from penstock_operator.decision.plan import Live, Wish, wish
from penstock_operator.decision.prepare_jobs import PrepareJob
from penstock_operator.decision.revisions import Revisions, revisions_of
from penstock_operator.decision.workers import Rollout
from penstock_operator.observed import ChildKey, Manifest, Observed
from penstock_operator.options import Options
from penstock_operator.render.config_maps import worker_config_map
from penstock_operator.render.owner import Owner
from penstock_operator.render.revision import KafkaRevision
from penstock_operator.render.settings import render_worker


@dataclass(frozen=True)
class Facts:
    """`ours`: live children that are ours and not on their way out."""

    observed: Observed
    options: Options
    deployment: ModelDeployment
    status: Status
    owner: Owner
    live: Mapping[ChildKey, Live]
    ours: Mapping[ChildKey, Manifest]
    revisions: Revisions
    jobs: Sequence[PrepareJob]

    @classmethod
    def gather(cls, observed: Observed, options: Options, deployment: ModelDeployment, status: Status) -> Self:
        metadata = observed.resource["metadata"]
        owner = Owner(metadata["namespace"], metadata["name"], metadata["uid"])
        live = {
            key: Live(child, ownership_of(child, name=owner.name, uid=owner.uid))
            for key, child in observed.children.items()
        }
        ours = {key: each.manifest for key, each in live.items() if each.ownership is Ownership.OURS}
        spec = KafkaRevision.of_spec(deployment, namespace=owner.namespace)
        jobs = [PrepareJob.of(ours[key], owner_name=owner.name) for key in sorted(ours) if key.kind == "Job"]
        return cls(
            observed,
            options,
            deployment,
            status,
            owner,
            live,
            ours,
            revisions_of(spec, status.kafka or KafkaStatus(), ours, name=owner.name),
            [job for job in jobs if job],
        )

    @property
    def kafka_status(self) -> KafkaStatus:
        return self.status.kafka or KafkaStatus()

    @property
    def workers_status(self) -> WorkersStatus:
        return self.status.workers or WorkersStatus()

    @property
    def paused(self) -> bool:
        return self.deployment.spec.paused

    @cached_property
    def worker_config(self) -> Wish:
        return wish(worker_config_map(self.owner, render_worker(self.deployment, namespace=self.owner.namespace)))

    @property
    def worker_key(self) -> ChildKey:
        return ChildKey("Deployment", names.worker(self.owner.name))

    @property
    def model_key(self) -> ChildKey:
        return ChildKey("Deployment", names.model(self.owner.name))

    @property
    def scaler_key(self) -> ChildKey:
        return ChildKey("ScaledObject", names.worker(self.owner.name))

    def kafka_key(self, revision: KafkaRevision) -> ChildKey:
        return ChildKey("ConfigMap", names.kafka_config(self.owner.name, revision.hash))

    @cached_property
    def rollout(self) -> Rollout | None:
        """The workers' Deployment as it is."""
        return self._rollout_of(self.worker_key)

    @cached_property
    def model_rollout(self) -> Rollout | None:
        return self._rollout_of(self.model_key)

    @property
    def scaled_object(self) -> Manifest | None:
        """Ours, be it on its way out; None as well where KEDA is not there to hold it."""
        found = self.live.get(self.scaler_key)
        is_ours = found is not None and found.ownership in (Ownership.OURS, Ownership.GOING)
        return found.manifest if found and is_ours and self.observed.keda_present is not False else None

    @property
    def idle(self) -> bool:
        """No worker holds the consumer group."""
        return self.paused or self.rollout is None or self.rollout.wanted == 0

    @property
    def has_own_model(self) -> bool:
        return defaults.placement(self.deployment.spec.model) == "Service"

    def _rollout_of(self, key: ChildKey) -> Rollout | None:
        live = self.ours.get(key)
        return Rollout.of(live) if live else None
