"""What is true for every ModelDeployment at once: the administrator's options, and which optional kinds there are.

Safe to use from several threads: each of its values is replaced as a whole.
"""

from dataclasses import replace

from penstock_operator.options import Options
from penstock_operator.state.keda import Presence
from penstock_operator.state.kinds import ALWAYS_WATCHED, KEDA_CHILDREN, POD_MONITOR, SCALED_OBJECT, ApiResource


class Surroundings:
    def __init__(self, options: Options) -> None:
        self._options = options
        self.presences = {SCALED_OBJECT: Presence(), POD_MONITOR: Presence()}
        """Each stands for the kinds that are installed together with it."""

    @property
    def keda_present(self) -> bool | None:
        return self.presences[SCALED_OBJECT].present

    @property
    def options(self) -> Options:
        """A PodMonitor that the API server does not know would only be refused, again and again."""
        wanted = self._options.pod_monitor and self.presences[POD_MONITOR].present is True
        return replace(self._options, pod_monitor=wanted)

    def kinds(self) -> tuple[ApiResource, ...]:
        """What is to be watched now."""
        probes = (probe for probe, presence in self.presences.items() if presence.present)
        return (*ALWAYS_WATCHED, *(kind for probe in probes for kind in kinds_with(probe)))

    @property
    def all_known(self) -> bool:
        return all(presence.present is not None for presence in self.presences.values())


def kinds_with(probe: ApiResource) -> tuple[ApiResource, ...]:
    return KEDA_CHILDREN if probe == SCALED_OBJECT else (probe,)
