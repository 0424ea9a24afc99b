"""How many pods there should be, where that is ours to say. Pure.

Replicas are in no manifest: an owned field that is dropped again resets them to 1. They are written through `/scale`,
and only where KEDA does not write them.
"""

from penstock_operator import defaults
from penstock_operator.api.scaling import Scaling


def wanted_replicas(
    scaling: Scaling,
    current: int,
    *,
    paused: bool,
    coming_up: bool,
    scaler_there: bool,
    keda_present: bool | None,
) -> int:
    """What an existing worker Deployment is to be set to; `current` where it is not ours to say.

    `coming_up`: it was made, or its template changed, and not every pod has been seen to follow. `scaler_there`: a
    ScaledObject exists, be it on its way out.
    """
    if paused:
        return 0
    if scaling.mode == "Fixed":
        free = keda_present is False or (keda_present and not scaler_there)
        return defaults.worker_replicas(scaling) if free else current
    if keda_present is False:
        return min(max(current, _fewest(scaling)), max(1, scaling.max_replicas))
    return max(current, _fewest(scaling)) if coming_up and keda_present else current


def _fewest(scaling: Scaling) -> int:
    """With `minReplicas: 0` one, to see that it works; KEDA is told the same, and would come to it at its next poll.

    Without KEDA what runs under load goes on running: nobody is left to judge that it may go.
    """
    return max(1, scaling.min_replicas)
