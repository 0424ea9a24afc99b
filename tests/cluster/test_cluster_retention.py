"""Brokers forget the offsets of a group without members; renewals keep them."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.kubectl import Kubectl
from cluster.operator_process import OperatorProcess
from cluster.scene import Scene
from cluster.session import Cluster
from support.kafka.cluster import KafkaCluster
from support.waiting import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

IDLE_SECONDS = 180
FORGETFUL = {"offsets.retention.minutes": "1", "offsets.retention.check.interval.ms": "1000"}
RENEWING = {"PENSTOCK_RENEW_EVERY_SECONDS": "30"}


@pytest.fixture
def forgetful(cluster: Cluster) -> Iterator[KafkaCluster]:
    with KafkaCluster(properties=FORGETFUL, host=cluster.broker_host, enter=cluster.enter) as kafka:
        yield kafka


@pytest.fixture
def renewing(cluster: Cluster, operator: OperatorProcess, tmp_path: Path) -> Iterator[OperatorProcess]:
    """In place of the shared operator."""
    operator.stop()
    process = OperatorProcess(cluster, tmp_path, RENEWING)
    try:
        process.start()
        yield process
    finally:
        process.close()


def test_three_idle_minutes_at_zero_lose_and_repeat_nothing(
    cluster: Cluster, forgetful: KafkaCluster, renewing: OperatorProcess, namespace: Kubectl
) -> None:
    scene = Scene(cluster, forgetful, namespace)
    scene.apply({"scaling": {"minReplicas": 0, "pollingIntervalSeconds": 2, "cooldownPeriodSeconds": 4}})
    scene.wait_ready()
    scene.send(range(100))
    scene.wait_answered(range(100))
    wait_until("no worker runs", lambda: scene.replicas() == 0 and scene.pods() == [], 90, step_seconds=0.5)

    time.sleep(IDLE_SECONDS)
    before = len(scene.answered())
    scene.send(range(1000, 1010))
    scene.wait_answered(range(1000, 1010))
    time.sleep(5)
    assert len(scene.answered()) - before == 10
