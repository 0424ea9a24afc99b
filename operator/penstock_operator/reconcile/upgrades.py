"""How many rollouts go on at once that no spec asked for: those of a new worker image. Pure."""

from dataclasses import dataclass, field
from typing import Final

from penstock_operator.observed import Upgrade
from penstock_operator.state.kinds import ResourceKey

MAX_ROLLING: Final = 10


@dataclass(slots=True)
class Upgrades:
    _rolling: set[ResourceKey] = field(default_factory=set)
    _waiting: dict[ResourceKey, None] = field(default_factory=dict)  # in the order in which they came

    def allowed(self, key: ResourceKey) -> bool:
        return key in self._rolling or len(self._rolling) < MAX_ROLLING

    def settle(self, key: ResourceKey, upgrade: Upgrade) -> ResourceKey | None:
        """Takes what was decided for one; returns one that waits and may begin, if there is any."""
        was_rolling = key in self._rolling
        self._rolling.discard(key)
        self._waiting.pop(key, None)
        if upgrade is Upgrade.ROLLING:
            self._rolling.add(key)
        elif upgrade is Upgrade.WAITING:
            self._waiting[key] = None
        may_begin = was_rolling and len(self._rolling) < MAX_ROLLING
        return next(iter(self._waiting), None) if may_begin else None
