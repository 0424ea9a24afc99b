"""Brokers die, and refuse."""

from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._resource import ResourceType

from chaos.scenario import Scenario
from chaos.scene import Scene
from support.kafka import acls

REFUSED_SECONDS = 10


def broker_sigkills(scene: Scene) -> None:
    """Each of the three in turn, always after the one before it has caught up: min.insync.replicas is 2."""
    scene.send()
    for broker, share in ((1, 0.1), (2, 0.4), (3, 0.7)):
        scene.reach(share)
        scene.fault(f"SIGKILL broker {broker}")
        scene.cluster.kill_broker(broker)
        scene.pause(3)
        scene.cluster.start_broker(broker)
        scene.cluster.wait_ready()
        scene.cluster.wait_in_sync()


def output_refused(scene: Scene) -> None:
    """The output topic's rules forbid writing for a while, the error topic's do not."""
    denial = acls.denied(ResourceType.TOPIC, scene.topics["output"], AclOperation.WRITE)
    scene.send()
    for share in (0.2, 0.6):
        scene.reach(share)
        scene.fault("writing to the output topic is forbidden")
        acls.add(scene.cluster.admin(), denial)
        scene.until("/status says OutputUnwritable", lambda: scene.workers.status().get("output") == "OutputUnwritable")
        scene.pause(REFUSED_SECONDS)
        acls.remove(scene.cluster.admin(), denial)


SCENARIOS = (
    Scenario("output-refused", output_refused, cluster="guarded", duplicate_windows=2),
    Scenario(
        "broker-sigkill",
        broker_sigkills,
        cluster="three brokers",
        records_per_second=1500,
        sends_until_the_end=True,
        duplicate_windows=3,
        deadline_seconds=180,
    ),
)
