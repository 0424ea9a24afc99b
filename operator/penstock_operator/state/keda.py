"""Whether the API server knows an optional kind. Pure; KEDA may be installed or removed at any time.

An API group answers 404 for a moment while its CRD is being replaced, so that one 404 proves nothing.
"""

from dataclasses import dataclass
from typing import Final

CHECK_SECONDS: Final = 30.0
MISSES_THAT_PROVE_ABSENCE: Final = 2


@dataclass(slots=True)
class Presence:
    """`present` is None until it is known."""

    present: bool | None = None
    _misses: int = 0

    def saw(self, found: bool) -> bool:
        """Takes one answer; whether `present` changed. A check without an answer says nothing, and is not passed on."""
        self._misses = 0 if found else self._misses + 1
        if not found and self._misses < MISSES_THAT_PROVE_ABSENCE:
            return False
        changed, self.present = self.present is not found, found
        return changed
