"""The topics change under the worker, or hold what is hard to carry."""

from chaos.faults import Kind
from chaos.scenario import Scenario
from chaos.scene import Scene

SMALL_OUTPUT = {"max.message.bytes": "4096"}


def hot_key(scene: Scene) -> None:
    """Most records share one lane, and the worker is restarted with that lane full."""
    scene.send()
    scene.reach(0.3)
    scene.fault("70 % of the records have one key; SIGTERM")
    scene.workers.drain([0])
    scene.workers.start(0)


def transactional_input(scene: Scene) -> None:
    """Offsets have gaps, and every fifth transaction is aborted: a fourth more, so that as many are acknowledged."""
    scene.send(1.25)
    scene.reach(0.3)
    scene.kill_and_restart()


def topic_recreated(scene: Scene) -> None:
    """The new topic has other records at the same offsets. (Shares are of what has been sent so far.)"""
    scene.send(0.5)
    scene.reach(0.6)
    scene.fault("input topic deleted and made again")
    scene.recreate_input()
    scene.send(0.5)


def partitions_added(scene: Scene) -> None:
    scene.send()
    scene.reach(0.2)
    scene.fault("input partitions doubled")
    scene.cluster.add_partitions(scene.topics["input"], 2 * scene.scenario.partitions)
    scene.reach(0.8)


def output_too_large(scene: Scene) -> None:
    """Some answers do not fit the output topic, alone or with their headers."""
    scene.send()
    scene.until("the model answered too much", lambda: scene.model.status().faults)
    scene.fault("answers that the output topic cannot take")
    scene.reach(1.0)
    scene.fault_count += scene.model.status().faults


SCENARIOS = (
    Scenario("hot-key", hot_key, mix={"hot_share": 700_000}),
    Scenario("transactional-input", transactional_input, transactional=True, duplicate_windows=1),
    Scenario("input-topic-recreated", topic_recreated),
    Scenario("input-partitions-added", partitions_added, records_per_second=1500),
    Scenario(
        "output-too-large",
        output_too_large,
        output_config=SMALL_OUTPUT,
        per_million={Kind.TOO_LARGE: 3_000, Kind.BARELY_TOO_LARGE: 3_000},
    ),
)
