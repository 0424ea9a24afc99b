"""Trains the JVM's class-data archive: one broker runs once, and the JVM writes down the classes that it loaded."""

import tempfile
from pathlib import Path

from support.kafka.admin import wait_for_brokers
from support.kafka.distribution import KafkaDistribution
from support.kafka.jvm import broker_command
from support.kafka.listeners import CONTROLLER, PLAINTEXT
from support.kafka.node import Node
from support.kafka.properties import HOST, ClusterPlan, NodePlan, node_properties
from support.ports import free_ports


def ensure_class_archive(distribution: KafkaDistribution) -> None:
    """Make the archive where there is none yet; the path it names must be the jars' final one, so not earlier."""
    if distribution.class_archive.exists():
        return
    with distribution.locked():
        if not distribution.class_archive.exists():
            _train(distribution)


def _train(distribution: KafkaDistribution) -> None:
    aside = distribution.class_archive.with_suffix(".aside")
    aside.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="penstock-kafka-") as folder:
        ports = dict(zip((PLAINTEXT, CONTROLLER), free_ports(2), strict=True))
        plan = NodePlan(1, ports, Path(folder, "broker-1"))
        cluster = ClusterPlan((plan,), (PLAINTEXT,), broker_secrets=None)
        command = broker_command(distribution, "quick", f"-XX:ArchiveClassesAtExit={aside}")
        node = Node(plan, node_properties(cluster, plan), command)
        node.format("AAAAAAAAAAAAAAAAAAAAAQ", distribution.bootstrap_checkpoint)
        node.start()
        try:
            wait_for_brokers(f"{HOST}:{ports[PLAINTEXT]}", {1}, check=node.check, timeout_seconds=60)
        finally:
            node.stop(timeout_seconds=60)
    aside.rename(distribution.class_archive)
