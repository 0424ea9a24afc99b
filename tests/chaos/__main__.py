"""`python -m chaos`: every scenario, or those named, and a ledger for each. Exit 1 if one of them failed."""

import argparse
import random
import sys
from pathlib import Path

from rich.console import Console

from chaos.clusters import Clusters
from chaos.matrix import named
from chaos.outcome import Outcome
from chaos.report import print_table, write_json
from chaos.run import run_scenario
from chaos.scenario import RECORDS, Scenario

BUILD = Path("build")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="SCENARIO", help="may be given several times")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--records", type=int, default=RECORDS, help=f"per scenario (default {RECORDS:,})")
    chosen = parser.parse_args()
    try:
        scenarios = named(chosen.only)
    except ValueError as error:
        parser.error(str(error))
    return play(scenarios, seed=chosen.seed, records=chosen.records)


def play(scenarios: tuple[Scenario, ...], *, seed: int, records: int) -> int:
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(f"{len(scenarios)} scenarios with seed {seed}; worker logs in {BUILD / 'chaos'}")
    outcomes: list[Outcome] = []
    clusters = Clusters()
    try:
        for scenario in scenarios:
            cluster = clusters.of(scenario.cluster)
            folder = BUILD / "chaos" / scenario.name
            outcomes.append(run_scenario(scenario, cluster, seed=seed, records=records, folder=folder))
            console.print(_line(outcomes[-1]), markup=False, highlight=False)
            if outcomes[-1].problems:
                clusters.close()  # whatever it left behind shall not fail the next one
    finally:
        clusters.close()
        write_json(BUILD / "chaos.json", seed, outcomes)
    print_table(console, seed, outcomes)
    return 1 if any(outcome.problems for outcome in outcomes) else 0


def _line(outcome: Outcome) -> str:
    verdict = "FAILED: " + "; ".join(outcome.problems) if outcome.problems else "ok"
    return f"{outcome.name} ({outcome.seconds:.0f} s) {verdict}"


if __name__ == "__main__":
    sys.exit(main())
