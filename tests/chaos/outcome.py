"""What one scenario ended with, and why that is or is not good enough."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from chaos.ledger import Verdict

MUST_BE_ZERO = ("lost", "pending", "out_of_order", "changed", "errors_during_outage", "wrongly_accepted", "unknown")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as it was injected. `in_flight` is None where it was not aimed at records in flight."""

    what: str
    in_flight: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one scenario; `problems` is empty when it passed."""

    name: str
    seconds: float
    verdict: Verdict
    faults: Sequence[Fault]
    fault_count: int
    duplicates_at_most: int
    recovery_seconds: Sequence[float]
    problems: Sequence[str] = field(default=())

    @property
    def in_flight_at_fault(self) -> int:
        """The fewest records that any aimed fault hit."""
        return min((fault.in_flight for fault in self.faults if fault.in_flight is not None), default=0)

    def as_json(self) -> dict[str, Any]:
        counts = asdict(self.verdict)
        examples = counts.pop("examples")
        return {
            "name": self.name,
            **counts,
            "faults": self.fault_count,
            "duplicates_at_most": self.duplicates_at_most,
            "in_flight_at_fault": self.in_flight_at_fault,
            "recovery_seconds": [round(seconds, 1) for seconds in self.recovery_seconds],
            "seconds": round(self.seconds, 1),
            "fault_log": [asdict(fault) for fault in self.faults],
            "problems": list(self.problems),
            "examples": examples,
        }


def problems_of(
    verdict: Verdict,
    faults: Sequence[Fault],
    *,
    wanted_records: int,
    duplicates_at_most: int,
    recovery_seconds: Sequence[float],
    recovery_at_most_seconds: float,
) -> list[str]:
    """What the figures themselves say against a scenario."""
    found = [f"{name} {count}" for name in MUST_BE_ZERO if (count := getattr(verdict, name))]
    if verdict.duplicated > duplicates_at_most:
        found.append(f"duplicated {verdict.duplicated}, at most {duplicates_at_most}")
    if verdict.acknowledged < wanted_records:
        found.append(f"only {verdict.acknowledged} of {wanted_records} input records were acknowledged")
    if not any(fault.in_flight for fault in faults):
        found.append("no fault met a record in flight")
    late = [seconds for seconds in recovery_seconds if seconds > recovery_at_most_seconds]
    found += [f"the first record took {seconds:.1f} s after a restart" for seconds in late]
    return found
