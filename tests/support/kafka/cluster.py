"""A real Apache Kafka for one test run: KRaft nodes on free ports, everything in one temporary folder.

    with KafkaCluster(brokers=3, listeners=(SSL,)) as kafka:
        kafka.create_topic("transactions", partitions=6)
        kafka.produce("transactions", [Record(b"{}")])

PLAINTEXT is always there and is a super user's; what needs credentials finds them in `secrets_dir`.
"""

import shutil
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic

from support.kafka import records, users
from support.kafka.admin import admin_client, all_in_sync, metadata, wait_for_brokers, wait_until
from support.kafka.certificates import write_certificates
from support.kafka.class_archive import ensure_class_archive
from support.kafka.distribution import cached_distribution
from support.kafka.jvm import Jvm, archive_flags, broker_command, hosts_flags
from support.kafka.listeners import CONTROLLER, PLAINTEXT, uses_sasl, uses_tls, with_plaintext
from support.kafka.node import Node
from support.kafka.properties import HOST, ClusterPlan, NodePlan, node_properties
from support.kafka.records import Record, Stored
from support.ports import free_ports

START_SECONDS = 60
CALL_SECONDS = 30


class KafkaCluster:
    """One or three combined broker and controller nodes, numbered from 1."""

    def __init__(
        self,
        brokers: int = 1,
        listeners: Sequence[str] = (PLAINTEXT,),
        *,
        authorizer: bool = False,
        properties: Mapping[str, str] | None = None,
        jvm: Jvm = "quick",
        host: str = HOST,
        enter: Sequence[str] = (),
    ) -> None:
        """`enter`: what a broker's command begins with where `host` is an address of another network namespace."""
        self._host = host
        self.listeners = with_plaintext(listeners)
        self.folder = Path(tempfile.mkdtemp(prefix="penstock-kafka-"))
        self.secrets_dir = self.folder / "secrets"
        self.start_seconds = 0.0
        self._plan = self._planned(brokers, authorizer, properties or {})
        self._nodes = self._made_nodes(jvm, enter)
        self._admin = admin_client({"bootstrap.servers": self.bootstrap()})

    def _planned(self, brokers: int, authorizer: bool, properties: Mapping[str, str]) -> ClusterPlan:
        names = (*self.listeners, CONTROLLER)
        ports = iter(free_ports(brokers * len(names), HOST))
        nodes = tuple(
            NodePlan(number, {name: next(ports) for name in names}, self.folder / f"broker-{number}")
            for number in range(1, brokers + 1)
        )
        return ClusterPlan(nodes, self.listeners, self.folder / "broker-secrets", authorizer, self._host, properties)

    def _made_nodes(self, jvm: Jvm, enter: Sequence[str]) -> dict[int, Node]:
        distribution = cached_distribution()
        ensure_class_archive(distribution)
        flags = (*archive_flags(distribution), *hosts_flags(self._hosts_file()))
        command = [*enter, *broker_command(distribution, jvm, *flags)]
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        nodes = {plan.node_id: Node(plan, node_properties(self._plan, plan), command) for plan in self._plan.nodes}
        for node in nodes.values():
            node.format(cluster_id, distribution.bootstrap_checkpoint)
        return nodes

    def _hosts_file(self) -> Path:
        file = self.folder / "hosts"
        file.write_text(f"{self._host} localhost\n")
        return file

    def __enter__(self) -> Self:
        started = time.monotonic()
        try:
            if any(uses_tls(listener) for listener in self.listeners):
                write_certificates(self.secrets_dir, self.folder / "broker-secrets", self._host)
            for node in self._nodes.values():
                node.start()
            self.wait_ready()
            if any(uses_sasl(listener) for listener in self.listeners):
                users.write_secrets(self.secrets_dir)
                users.create_scram_user(self._admin)
        except BaseException:
            self.close()
            raise
        self.start_seconds = time.monotonic() - started
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every broker, remove every file. The records are not wanted any more, so no broker hands over."""
        for node in self._nodes.values():
            if node.running:
                node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Addresses and clients

    def bootstrap_servers(self, listener: str = PLAINTEXT) -> tuple[str, ...]:
        return tuple(f"{self._host}:{plan.ports[listener]}" for plan in self._plan.nodes)

    def bootstrap(self, listener: str = PLAINTEXT) -> str:
        return ",".join(self.bootstrap_servers(listener))

    def client_config(self, listener: str = PLAINTEXT, **changes: Any) -> dict[str, Any]:
        """What librdkafka needs to log in over this listener."""
        return {"bootstrap.servers": self.bootstrap(listener), **users.login(listener, self.secrets_dir), **changes}

    def admin(self) -> AdminClient:
        """The super user's client."""
        return self._admin

    # Brokers

    def pid(self, broker: int) -> int:
        return self._nodes[broker].pid

    def start_broker(self, broker: int) -> None:
        """Returns at once; `wait_ready` waits."""
        self._nodes[broker].start()

    def stop_broker(self, broker: int) -> None:
        self._nodes[broker].stop()

    def kill_broker(self, broker: int) -> None:
        """SIGKILL."""
        self._nodes[broker].kill()

    def wait_ready(self, timeout_seconds: float = START_SECONDS) -> None:
        """Until all started brokers serve and no broker that was ended is still listed."""
        running = {number: node for number, node in self._nodes.items() if node.running}

        def check() -> None:
            for node in running.values():
                node.check()

        wait_for_brokers(self.bootstrap(), set(running), check=check, timeout_seconds=timeout_seconds)

    def wait_in_sync(self, timeout_seconds: float = START_SECONDS) -> None:
        """Until every replica of every partition is in sync."""
        wait_until("every replica is in sync", lambda: all_in_sync(self._admin), timeout_seconds)

    # Topics and records

    def create_topic(
        self,
        name: str,
        partitions: int = 1,
        replication_factor: int | None = None,
        config: Mapping[str, str] | None = None,
    ) -> str:
        """The topic's name, once every broker knows it."""
        factor = replication_factor or min(3, len(self._nodes))
        topic = NewTopic(name, num_partitions=partitions, replication_factor=factor, config=dict(config or {}))
        self._admin.create_topics([topic])[name].result(CALL_SECONDS)
        wait_until(f"topic {name} is led", lambda: self._partitions(name) == partitions, CALL_SECONDS)
        return name

    def add_partitions(self, name: str, total: int) -> None:
        self._admin.create_partitions([NewPartitions(name, total)])[name].result(CALL_SECONDS)
        wait_until(f"topic {name} has {total} partitions", lambda: self._partitions(name) == total, CALL_SECONDS)

    def delete_topic(self, *names: str) -> None:
        """Delete, and wait until no broker leads them any more."""
        for deleted in self._admin.delete_topics(list(names)).values() if names else ():
            deleted.result(CALL_SECONDS)
        wait_until(f"topics {names} are gone", lambda: not any(map(self._partitions, names)), CALL_SECONDS)

    def _partitions(self, name: str) -> int:
        found = metadata(self._admin)
        topic = found.topics.get(name) if found else None
        return sum(partition.leader >= 0 for partition in topic.partitions.values()) if topic else 0

    def produce(self, topic: str, wanted: Iterable[Record]) -> list[Stored]:
        """Send all, wait for every acknowledgement."""
        return records.produce(self.client_config(), topic, wanted)

    def read_all(self, topic: str, *, read_committed: bool = True) -> list[Stored]:
        return records.read_all(self.client_config(), topic, read_committed=read_committed)
