"""All scenarios, those of one cluster next to each other."""

from chaos.scenario import Scenario
from chaos.scenarios import broker_faults, model_faults, topic_faults, worker_faults

MATRIX: tuple[Scenario, ...] = tuple(
    sorted(
        (*worker_faults.SCENARIOS, *model_faults.SCENARIOS, *topic_faults.SCENARIOS, *broker_faults.SCENARIOS),
        key=lambda scenario: ["one broker", "guarded", "three brokers"].index(scenario.cluster),
    )
)


def named(names: list[str]) -> tuple[Scenario, ...]:
    """The scenarios with these names, or all; `ValueError` for a name that does not exist."""
    known = {scenario.name for scenario in MATRIX}
    if unknown := sorted(set(names) - known):
        raise ValueError(f"no scenario {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return tuple(scenario for scenario in MATRIX if not names or scenario.name in names)
