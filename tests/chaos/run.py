"""Runs one scenario from empty topics to a verdict."""

import shutil
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from chaos.faults import FaultPlan
from chaos.ledger import Sent, Verdict, judge
from chaos.model import CHILD_ENV, HOST_NAME, ChaosModel
from chaos.outcome import Outcome, problems_of
from chaos.progress import Progress
from chaos.scenario import Scenario
from chaos.scene import Scene, UnfinishedError
from chaos.workers import WorkerSet
from penstock_worker.settings import Delivery, KafkaSettings
from support.kafka.cluster import KafkaCluster
from support.kafka.listeners import SASL_PLAINTEXT
from support.worker import COMMAND, WorkerProcess, kafka_settings, worker_settings

SCRAM = {
    "mechanism": "ScramSha512",
    "username": {"secretName": "login", "key": "username"},
    "password": {"secretName": "login", "key": "password"},
}


def run_scenario(
    scenario: Scenario, cluster: KafkaCluster, *, seed: int, records: int, folder: Path, mutant: str = ""
) -> Outcome:
    """Play the scenario; what the worker does wrong ends up in the outcome, never in an exception."""
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    name = f"{scenario.name}-{uuid.uuid4().hex[:8]}"
    topics = _create_topics(scenario, cluster, name)
    plan = FaultPlan(seed, scenario.per_million, int(scenario.output_config.get("max.message.bytes", 0)))
    with ChaosModel(plan, folder=folder, addresses=scenario.addresses) as model:
        make = _worker_maker(scenario, cluster, model, topics, group=name, mutant=mutant)
        progress = Progress(cluster.client_config(), name, topics["input"], (topics["output"], topics["error"]))
        with closing(WorkerSet(make, folder)) as workers, closing(progress):
            scene = Scene(
                scenario,
                cluster=cluster,
                model=model,
                workers=workers,
                progress=progress,
                topics=topics,
                records=records,
                seed=seed,
            )
            problems = _play(scene)
            sent = _sent(scene, problems)
            workers.close()
            committed = progress.committed()
    output, error = (cluster.read_all(topics[side]) for side in ("output", "error"))
    verdict = judge(sent, output, error, plan.expected, committed)
    cluster.delete_topic(*topics.values())
    return _outcome(scene, verdict, problems, seconds=time.monotonic() - started)


def _create_topics(scenario: Scenario, cluster: KafkaCluster, name: str) -> dict[str, str]:
    topics = {"input": name, "output": f"{name}.scored", "error": f"{name}.scored.errors"}
    durable = {"min.insync.replicas": "2"} if scenario.cluster == "three brokers" else {}
    cluster.create_topic(topics["input"], scenario.partitions, config=durable)
    cluster.create_topic(topics["output"], scenario.partitions, config={**durable, **scenario.output_config})
    cluster.create_topic(topics["error"], scenario.partitions, config=durable)
    return topics


def _worker_maker(
    scenario: Scenario, cluster: KafkaCluster, model: ChaosModel, topics: dict[str, str], *, group: str, mutant: str
) -> Callable[[Path], WorkerProcess]:
    kafka = _kafka_settings(scenario, cluster, topics, group)
    worker = worker_settings(model.url, group, **scenario.delivery)

    def make(folder: Path) -> WorkerProcess:
        return WorkerProcess(
            kafka,
            worker,
            folder=folder,
            secrets_dir=cluster.secrets_dir,
            command=_command(model, mutant),
            env=CHILD_ENV,
        )

    return make


def _kafka_settings(scenario: Scenario, cluster: KafkaCluster, topics: dict[str, str], group: str) -> KafkaSettings:
    changes = {"startFrom": "Latest", "consumerConfig": dict(scenario.consumer_config)}
    if scenario.cluster == "guarded":
        return kafka_settings(cluster.bootstrap_servers(SASL_PLAINTEXT), topics, group, sasl=SCRAM, **changes)
    return kafka_settings(cluster.bootstrap_servers(), topics, group, **changes)


def _command(model: ChaosModel, mutant: str) -> list[str]:
    """The worker itself wherever that is enough."""
    resolve = [f"--resolve={HOST_NAME}={','.join(model.addresses)}"] if len(model.addresses) > 1 else []
    broken = [f"--mutant={mutant}"] if mutant else []
    if not resolve and not broken:
        return list(COMMAND)
    return [sys.executable, "-m", "chaos.launch", *resolve, *broken, "--"]


def _play(scene: Scene) -> list[str]:
    """What went wrong on the way, if anything."""
    try:
        scene.workers.prepare()
        scene.workers.add(scene.scenario.workers)
        scene.scenario.play(scene)
        scene.finish()
    except UnfinishedError as error:
        return [str(error)]
    except Exception as error:  # the next scenario is still worth playing
        return [f"{type(error).__name__}: {error}"]
    return []


def _sent(scene: Scene, problems: list[str]) -> list[Sent]:
    """All acknowledged input, also of a scenario that broke off."""
    sent: list[Sent] = []
    for load in scene.loads:
        try:
            load.stop()
        except Exception as error:
            problems.append(f"the load: {error}")
        sent += load.acknowledged
    return [replace(one, retained=one.number not in scene.forgotten) for one in sent]


def _outcome(scene: Scene, verdict: Verdict, problems: list[str], *, seconds: float) -> Outcome:
    scenario = scene.scenario
    duplicates_at_most = scenario.duplicate_windows * Delivery.model_validate(scenario.delivery).window_records
    found = problems_of(
        verdict,
        scene.faults,
        wanted_records=scene.wanted_records,
        duplicates_at_most=duplicates_at_most,
        recovery_seconds=scene.recovery_seconds,
        recovery_at_most_seconds=scenario.recovery_at_most_seconds,
    )
    return Outcome(
        scenario.name,
        seconds,
        verdict,
        scene.faults,
        scene.fault_count,
        duplicates_at_most,
        scene.recovery_seconds,
        [*problems, *found],
    )
