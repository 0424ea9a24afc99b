"""The ledger turns red for each broken worker, and stays green for the worker as it is: it is able to fail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.clusters import Clusters
from chaos.faults import Kind
from chaos.outcome import Outcome
from chaos.run import run_scenario
from chaos.scenario import Scenario
from chaos.scene import Scene

pytestmark = [pytest.mark.kafka, pytest.mark.mutant, pytest.mark.timeout(240)]

SEED = 20_260_101
RATE = 1_500
RECORDS = 3_000


def sigkill_with_a_slow_model(scene: Scene) -> None:
    """Slow, so that much is in flight."""
    scene.model.latency(0.05)
    scene.send()
    scene.reach(0.2)
    scene.kill_and_restart()
    scene.model.latency(0)


def uneven_answers(scene: Scene) -> None:
    """Some records take a second longer than the ones behind them."""
    scene.send()
    scene.until("a record was slow", lambda: scene.model.status().faults)
    scene.fault("single records take a second")


def short_outage(scene: Scene) -> None:
    scene.send()
    scene.reach(0.2)
    scene.fault("model down")
    scene.model.down()
    scene.pause(2)
    scene.model.up()


# A dead member is missed after 6 s, the broker's minimum, so that a SIGKILL does not cost 15.
QUICK = {"session.timeout.ms": 6000}
CASES = {
    "commit-before-delivery": (
        Scenario(
            "mutant-commit",
            sigkill_with_a_slow_model,
            consumer_config=QUICK,
            duplicate_windows=1,
            records_per_second=RATE,
        ),
        "lost",
    ),
    "no-key-lanes": (
        Scenario("mutant-lanes", uneven_answers, per_million={Kind.SLOW: 10_000}, records_per_second=RATE),
        "out_of_order",
    ),
    "outage-to-error-topic": (Scenario("mutant-outage", short_outage, records_per_second=RATE), "errors_during_outage"),
}


@pytest.fixture(scope="module")
def clusters() -> Iterator[Clusters]:
    made = Clusters()
    yield made
    made.close()


def run(mutant: str, clusters: Clusters, folder: Path, *, broken: bool) -> Outcome:
    scenario, _ = CASES[mutant]
    cluster = clusters.of(scenario.cluster)
    name = mutant if broken else ""
    return run_scenario(scenario, cluster, seed=SEED, records=RECORDS, folder=folder, mutant=name)


@pytest.mark.parametrize("mutant", CASES)
def test_the_ledger_turns_red_for(mutant: str, clusters: Clusters, tmp_path: Path) -> None:
    outcome = run(mutant, clusters, tmp_path / "run", broken=True)
    assert getattr(outcome.verdict, CASES[mutant][1]) > 0, outcome
    assert outcome.problems


@pytest.mark.parametrize("mutant", CASES)
def test_the_ledger_stays_green_without(mutant: str, clusters: Clusters, tmp_path: Path) -> None:
    outcome = run(mutant, clusters, tmp_path / "run", broken=False)
    assert outcome.problems == []
    assert outcome.verdict.acknowledged == outcome.verdict.delivered == RECORDS
