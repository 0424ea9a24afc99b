"""`python -m bench`: every row against the plain bridge, in one run. `python -m bench soak`: memory.

Exit codes: 0 every bound met, 1 a bound missed, 2 the benchmark could not run.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from rich.markup import escape

from bench import comparison, report
from bench.bounds import BURSTS, LARGE, PER_RECORD, Verdict, judge, judge_growth
from bench.figures import Latency, Throughput
from bench.models import NginxMissingError
from bench.plan import full_plan, quick_plan
from bench.report import console
from bench.rig import RunFailedError, running_rig
from bench.rows import LATENCY_ROWS, ROWS
from bench.soak import BROKER_PROPERTIES, MemorySample, soak

BUILD = Path("build")
ROW_NAMES = [
    *(row.name + suffix for suffix in ("", LARGE) for row in ROWS),
    *(row.name + BURSTS for row in LATENCY_ROWS),
]

MISSED, FAILED = 1, 2
TELL_SECONDS = 15


@click.group(invoke_without_command=True)
@click.option("--quick", is_flag=True, help="One repetition over fewer records: for development, not for a verdict.")
@click.option("--only", "wanted", multiple=True, type=click.Choice(ROW_NAMES), help="This row alone; repeatable.")
@click.option("--throughput/--no-throughput", default=True, help="Full rate over a backlog.")
@click.option("--latency/--no-latency", default=True, help="A steady rate.")
@click.pass_context
def main(context: click.Context, quick: bool, wanted: tuple[str, ...], throughput: bool, latency: bool) -> None:
    """Compare the worker with a plain bridge and with the floor, and judge the promised bounds."""
    if context.invoked_subcommand:
        return
    report.warn_if_busy()
    plan = quick_plan(wanted) if quick else full_plan(wanted)
    with _failures_told(), running_rig() as rig:
        comparison.warm_up(rig)
        rows = comparison.measure_throughput(rig, plan, _tell) if throughput else []
        waits = comparison.measure_latency(rig, plan, _tell) if latency else []
    verdicts = judge(rows, waits)
    report.print_throughput(rows)
    report.print_latency(waits)
    report.write_json(BUILD / "bench.json", report.as_json(rows, waits, verdicts))
    _conclude(context, verdicts)


@main.command("soak")
@click.option("--minutes", default=10.0, show_default=True, type=click.FloatRange(min=3), help="Judged after minute 2.")
@click.option("--row", "name", default=PER_RECORD, show_default=True, type=click.Choice([row.name for row in ROWS]))
@click.pass_context
def soak_command(context: click.Context, minutes: float, name: str) -> None:
    """Full rate with 1 KiB values for minutes: does memory grow?"""
    row = next(row for row in ROWS if row.name == name)
    report.warn_if_busy()
    with _failures_told(), running_rig(BROKER_PROPERTIES) as rig:
        result = soak(rig, row, minutes, _tell_memory)
    verdicts = (judge_growth(result.growth_mib_per_minute),)
    content = {
        "name": result.name,
        "records_per_second": result.records_per_second,
        "peak_mib": result.peak_mib,
        "growth_mib_per_minute": result.growth_mib_per_minute,
        "samples": [asdict(sample) for sample in result.samples],
    }
    report.write_json(BUILD / "soak.json", content)
    _conclude(context, verdicts)


@contextmanager
def _failures_told() -> Iterator[None]:
    """What kept the benchmark from running, in one line."""
    try:
        yield
    except (NginxMissingError, RunFailedError) as error:
        console.print(f"[bold red]The benchmark could not run:[/] {escape(str(error))}")
        raise SystemExit(FAILED) from None


def _tell(result: Throughput | Latency) -> None:
    figures = asdict(result)
    name = figures.pop("name")
    console.print(
        f"{name:24}", *(f"{figure:,.1f} {unit}" for unit, figure in figures.items()), sep="  ", soft_wrap=True
    )


def _tell_memory(sample: MemorySample) -> None:
    if int(sample.at_seconds) % TELL_SECONDS == 0:
        console.print(
            f"{sample.at_seconds:6.0f} s  {sample.resident_mib:7.1f} MiB  {sample.output_records:,} records out"
        )


def _conclude(context: click.Context, verdicts: Sequence[Verdict]) -> None:
    report.print_verdicts(verdicts)
    context.exit(0 if all(verdict.met for verdict in verdicts) else MISSED)


if __name__ == "__main__":
    main()
