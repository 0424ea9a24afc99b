"""What the administrator of the operator settles for every ModelDeployment. Pure values; `settings.py` reads them."""

from dataclasses import dataclass
from typing import Final, Literal

PullPolicy = Literal["Always", "IfNotPresent", "Never"]

DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the operator that matter for children.

    `allowed_bootstrap_servers` and `allowed_images` are regular expressions of which one must match the whole text;
    none at all allows everything. `renew_every_seconds` is the time between two pre-flights of what runs already.
    """

    worker_image: str
    operator_version: str
    worker_image_pull_policy: PullPolicy | None = None
    openshift: bool = False
    network_policy: bool = False
    pod_monitor: bool = False
    allowed_bootstrap_servers: tuple[str, ...] = ()
    allowed_images: tuple[str, ...] = ()
    renew_every_seconds: int = DAY_SECONDS
