"""`python -m scale`: the operator over a thousand ModelDeployments, against an API server and a double of all else.

Exit codes: 0 every bound met, 1 a bound missed, 2 the bench could not run.
"""

import asyncio
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
from rich.markup import escape

from bench import report
from bench.report import console
from cluster.api_server import ApiServer
from cluster.errors import ClusterUnavailableError
from scale import world
from scale.api import Api, RefusedError
from scale.audit import WritesOf
from scale.figures import Figures, judge
from scale.operator_process import OperatorEndedError
from scale.scenario import NotMeasuredError, Plan, Rig, Scenario
from support.process import ChildProcess

BUILD: Final = Path("build")
QUICK: Final = Plan(resources=100, foreign_config_maps=1000, idle_seconds=60)

MISSED, FAILED = 1, 2
_STOP_SECONDS: Final = 10


@click.command()
@click.option("--resources", default=1000, show_default=True, type=click.IntRange(min=1))
@click.option("--foreign", default=10_000, show_default=True, type=click.IntRange(min=0), help="ConfigMaps of others.")
@click.option("--idle-seconds", default=600.0, show_default=True, type=click.FloatRange(min=10))
@click.option("--quick", is_flag=True, help="A tenth of everything, a minute idle: for development, not for a verdict.")
@click.option("--logs", type=click.Path(path_type=Path), help="A folder to keep the logs in.")
def main(resources: int, foreign: int, idle_seconds: float, quick: bool, logs: Path | None) -> None:
    """Measure the operator at scale, and judge the promised bounds."""
    report.warn_if_busy()
    plan = QUICK if quick else Plan(resources, foreign, idle_seconds)
    try:
        with ApiServer() as server, _logs_kept(server.folder, logs):
            figures = asyncio.run(_measure(server, plan))
    except (ClusterUnavailableError, NotMeasuredError, OperatorEndedError, RefusedError) as error:
        console.print(f"[red]{escape(str(error))}[/]")
        sys.exit(FAILED)
    verdicts = judge(figures)
    report.print_verdicts(verdicts)
    report.write_json(BUILD / "scale.json", asdict(figures))
    sys.exit(0 if all(verdict.met for verdict in verdicts) else MISSED)


async def _measure(server: ApiServer, plan: Plan) -> Figures:
    async with Api.of(server.kubeconfig) as api:
        _tell(f"{plan.foreign_config_maps:,} foreign ConfigMaps")
        await world.furnish(api, foreign_config_maps=plan.foreign_config_maps)
        kubeconfig = world.operator_kubeconfig(server.kubeconfig, await world.operator_token(api))
        writes = WritesOf(server.audit_log, world.USER)
        with _double(server) as double:
            pids = {"API server": server.pid, "double": double.pid}
            return await Scenario(Rig(api, writes, kubeconfig, server.folder, pids), plan, _tell).run()


@contextmanager
def _double(server: ApiServer) -> Iterator[ChildProcess]:
    command = [sys.executable, "-m", "scale.double", str(server.kubeconfig)]
    process = ChildProcess(command, log=server.folder / "double.log")
    try:
        yield process
        if not process.running:
            raise NotMeasuredError(f"the double ended:\n{process.log_tail()}")
    finally:
        process.stop(_STOP_SECONDS)


@contextmanager
def _logs_kept(folder: Path, target: Path | None) -> Iterator[None]:
    try:
        yield
    finally:
        if target is not None:
            target.mkdir(parents=True, exist_ok=True)
            for log in folder.glob("*.log"):
                shutil.copy(log, target)


def _tell(text: str) -> None:
    console.print(f"  {escape(text)}")


if __name__ == "__main__":
    main()
