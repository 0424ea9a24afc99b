"""The live pre-flight Jobs of a ModelDeployment, as values. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from penstock_operator.decision.times import parse_time
from penstock_operator.observed import Manifest

MODE: Final = "serving.penstock.dev/prepare-mode"
WORKER_CONFIG: Final = "serving.penstock.dev/worker-config"
SUBSCRIBED_AT: Final = "serving.penstock.dev/subscribed-at"
"""Annotations of the Job: what it was started for, which its result does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareJob:
    """`revision` and `attempt` are those in its name. `ended_at` is None while it runs."""

    name: str
    uid: str
    revision: str
    attempt: int
    mode: str
    worker_config: str
    subscribed_at: str | None
    created_at: datetime | None
    ended_at: datetime | None
    succeeded: bool
    timed_out: bool

    @classmethod
    def of(cls, manifest: Manifest, *, owner_name: str) -> Self | None:
        """None for a Job that has not the name of a pre-flight."""
        metadata = manifest["metadata"]
        revision, _, attempt = metadata["name"].removeprefix(f"{owner_name}-prepare-").rpartition("-")
        if not revision or not attempt.isdecimal():
            return None
        annotations = metadata.get("annotations") or {}
        succeeded, failed = _condition(manifest, "Complete"), _condition(manifest, "Failed")
        ended, created_at = succeeded or failed, parse_time(metadata.get("creationTimestamp"))
        return cls(
            name=metadata["name"],
            uid=metadata["uid"],
            revision=revision,
            attempt=int(attempt),
            mode=annotations.get(MODE, ""),
            worker_config=annotations.get(WORKER_CONFIG, ""),
            subscribed_at=annotations.get(SUBSCRIBED_AT),
            created_at=created_at,
            ended_at=(parse_time(ended.get("lastTransitionTime")) or created_at) if ended else None,
            succeeded=bool(succeeded),
            timed_out=bool(failed) and failed.get("reason") == "DeadlineExceeded",
        )

    @property
    def running(self) -> bool:
        return self.ended_at is None


def _condition(manifest: Manifest, kind: str) -> Manifest:
    conditions = (manifest.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each.get("type") == kind and each.get("status") == "True"), {})


def newest(jobs: Iterable[PrepareJob]) -> PrepareJob | None:
    """The one that ended last."""
    ended = [job for job in jobs if job.ended_at is not None]
    return max(ended, key=lambda job: (job.ended_at, job.attempt), default=None)
