"""What a benchmark says to people (tables) and to programs (build/bench.json, build/soak.json)."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.bounds import Verdict, plain_counterpart
from bench.figures import Latency, Throughput
from bench.probe import RECORDS_PER_SECOND

BUSY_LOAD = 0.5

console = Console(width=None if Console().is_terminal else 120, highlight=False)


def warn_if_busy() -> None:
    """Rates and latencies taken beside other work are worth little; ratios from interleaved runs a little more."""
    load = os.getloadavg()[0]
    if load > BUSY_LOAD:
        console.print(f"[yellow]Other work is running on this machine (load {load:.1f}): do not trust a verdict.[/]")


def print_throughput(rows: Sequence[Throughput]) -> None:
    table = _table("Full rate", "records/s", "×", "CPU s per million", "×", "peak MiB", "start s")
    by_name = {row.name: row for row in rows}
    for row in rows:
        plain = by_name.get(plain_counterpart(row.name))
        table.add_row(
            row.name,
            f"{row.records_per_second:,.0f}",
            _ratio(row.records_per_second, plain.records_per_second if plain else None),
            f"{row.cpu_seconds_per_million:,.1f}",
            _ratio(row.cpu_seconds_per_million, plain.cpu_seconds_per_million if plain else None),
            f"{row.peak_mib:,.0f}",
            f"{row.startup_seconds:.2f}",
        )
    _print(table)


def print_latency(rows: Sequence[Latency]) -> None:
    table = _table(f"Latency at {RECORDS_PER_SECOND:,} records/s, send to receipt", "p50 ms", "×", "p99 ms", "×")
    by_name = {row.name: row for row in rows}
    for row in rows:
        plain = by_name.get(plain_counterpart(row.name))
        table.add_row(
            row.name,
            f"{row.p50_ms:.1f}",
            _ratio(row.p50_ms, plain.p50_ms if plain else None),
            f"{row.p99_ms:.1f}",
            _ratio(row.p99_ms, plain.p99_ms if plain else None),
        )
    _print(table)


def print_verdicts(verdicts: Iterable[Verdict]) -> None:
    table = _table("Bounds", "found", "asked", "verdict")
    for verdict in verdicts:
        judged = "[green]met[/]" if verdict.met else "[bold red]MISSED[/]"
        number = _fraction if verdict.is_ratio else _absolute
        table.add_row(verdict.bound, number(verdict.found), f"{verdict.side} {number(verdict.limit)}", judged)
    _print(table)


def _table(title: str, *columns: str) -> Table:
    """× in a heading is the ratio to the plain bridge under the same load."""
    table = Table("", title=title, title_justify="left")
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _print(table: Table) -> None:
    if table.row_count:
        console.print(table)


def write_json(file: Path, content: dict[str, object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2) + "\n")
    console.print(f"written: {file}")


def as_json(rows: Iterable[Throughput], latencies: Iterable[Latency], verdicts: Iterable[Verdict]) -> dict[str, object]:
    return {
        "rows": [asdict(row) for row in rows],
        "latency": [asdict(row) for row in latencies],
        "bounds": [asdict(verdict) | {"met": verdict.met} for verdict in verdicts],
    }


def _ratio(found: float, reference: float | None) -> str:
    return _fraction(found / reference) if reference else ""


def _absolute(value: float) -> str:
    return f"{value:,.2f}"


def _fraction(value: float) -> str:
    """A ratio below one reads best as a fraction of one."""
    return f"1/{1 / value:.1f}" if 0 < value < 0.95 else f"{value:,.1f}"
