"""What a run of the matrix says: a table for people, `chaos.json` for machines."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chaos.outcome import Outcome

COLUMNS = (
    "acknowledged",
    "lost",
    "pending",
    "duplicated",
    "out_of_order",
    "changed",
    "errors_during_outage",
    "wrongly_accepted",
    "unknown",
)


def write_json(file: Path, seed: int, outcomes: Sequence[Outcome]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    report = {"seed": seed, "scenarios": [outcome.as_json() for outcome in outcomes]}
    file.write_text(json.dumps(report, indent=2) + "\n")


def print_table(console: Console, seed: int, outcomes: Sequence[Outcome]) -> None:
    table = Table(title=f"chaos ledger, seed {seed}")
    for title in ("scenario", *(name.replace("_", " ") for name in COLUMNS), "faults", "in flight", "recovery s", "s"):
        table.add_column(title, justify="left" if title == "scenario" else "right")
    for outcome in outcomes:
        table.add_row(*_cells(outcome), style="red" if outcome.problems else None)
    console.print(table)
    console.print(f"{sum(outcome.verdict.acknowledged for outcome in outcomes):,} records acknowledged in all")
    for outcome in outcomes:
        for problem in outcome.problems:
            console.print(f"{outcome.name}: {problem}", style="red", markup=False)


def _cells(outcome: Outcome) -> list[str]:
    counts = [f"{getattr(outcome.verdict, name):,}" for name in COLUMNS]
    recovery = f"{max(outcome.recovery_seconds):.1f}" if outcome.recovery_seconds else ""
    return [
        outcome.name,
        *counts,
        f"{outcome.fault_count:,}",
        f"{outcome.in_flight_at_fault:,}",
        recovery,
        f"{outcome.seconds:.0f}",
    ]
