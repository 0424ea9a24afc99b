"""The pre-flight's Job. Pure.

A Job's template cannot change, so one that exists is never applied again: another attempt is another Job.
"""

from typing import Final, Literal

from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.options import Options
from penstock_operator.render.owner import Manifest, Owner
from penstock_operator.render.revision import KafkaRevision

Mode = Literal["apply", "check", "renew"]

ACTIVE_DEADLINE_SECONDS: Final = 120


def prepare_job(
    deployment: ModelDeployment,
    owner: Owner,
    options: Options,
    revision: KafkaRevision,
    *,
    worker_config_name: str,
    attempt: int,
    mode: Mode,
    subscribed_at: str | None = None,
) -> Manifest:
    """`subscribed_at`, an RFC 3339 time from the status: since when this group reads this topic, which a group that
    lost its commits no longer tells. None for a group or a topic that is new.
    """
    raise NotImplementedError
