"""What the cluster's tests measured, beside what it must not exceed: build/cluster.json."""

import json
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path("build/cluster.json")


@dataclass(slots=True)
class Figures:
    measured: dict[str, dict[str, float]] = field(default_factory=dict)

    def at_most(self, name: str, value: float, bound: float) -> None:
        """Record it, and fail where it is beyond the bound. The name ends in the unit."""
        self.measured[name] = {"measured": round(value, 2), "at_most": bound}
        assert value <= bound, f"{name} is {value:.2f}, more than {bound}"

    def write(self) -> None:
        """Beside what earlier runs measured of other things."""
        FILE.parent.mkdir(exist_ok=True)
        before = json.loads(FILE.read_text()) if FILE.exists() else {}
        FILE.write_text(json.dumps(before | self.measured, indent=1, sort_keys=True) + "\n")
