"""The pre-flight's Job. Pure.

A Job's template cannot change, so one that exists is never applied again: another attempt is another Job.
"""

from typing import Final, Literal

from penstock_operator import names
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.options import Options
from penstock_operator.render.owner import Manifest, Owner
from penstock_operator.render.pod import volumes
from penstock_operator.render.pod.bridge import prepare_container
from penstock_operator.render.pod.placement import prepare_security, prepare_template
from penstock_operator.render.pod.security import pod_security
from penstock_operator.render.pod.template import pod_template
from penstock_operator.render.revision import KafkaRevision

Mode = Literal["apply", "check", "renew"]

ACTIVE_DEADLINE_SECONDS: Final = 120
GRACE_SECONDS: Final = 5  # there is nothing to finish: whatever was committed is committed


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
    arguments = ["--mode", mode, *([] if subscribed_at is None else ["--subscribed-at", subscribed_at])]
    pod = {
        "restartPolicy": "Never",
        "containers": [prepare_container(deployment, options, arguments)],
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": pod_security(prepare_security(deployment), openshift=options.openshift),
        "automountServiceAccountToken": False,
        "volumes": [
            volumes.settings_volume(owner, revision, worker_config_name),
            volumes.scratch_volume(volumes.BRIDGE_SCRATCH),
        ],
    }
    spec = {
        "backoffLimit": 0,
        "activeDeadlineSeconds": ACTIVE_DEADLINE_SECONDS,
        "template": pod_template(owner, "prepare", prepare_template(deployment), pod, annotations={}),
    }
    return owner.child("Job", names.prepare_job(owner.name, revision.hash, attempt), "prepare", spec=spec)
