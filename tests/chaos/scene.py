"""One scenario while it runs: what its `play` sends, breaks and waits for.

Every wait ends at the scenario's deadline, and says then what did not happen.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from chaos.load import Load, Mix
from chaos.model import ChaosModel
from chaos.outcome import Fault
from chaos.progress import Progress
from chaos.scenario import Scenario
from chaos.workers import WorkerSet
from support.kafka.cluster import KafkaCluster

Answer = TypeVar("Answer")
STEP_SECONDS = 0.05
SETTLE_SECONDS = 0.25  # what a dead worker sent is on the topics by then, and a new one has not come so far
IN_FLIGHT_METRIC = "penstock_records_in_flight"


class UnfinishedError(Exception):
    """The deadline came first; the message says what was waited for."""


class Scene:
    """What a scenario acts on."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        cluster: KafkaCluster,
        model: ChaosModel,
        workers: WorkerSet,
        progress: Progress,
        topics: dict[str, str],
        records: int,
        seed: int,
    ) -> None:
        self.scenario = scenario
        self.cluster, self.model, self.workers = cluster, model, workers
        self.topics, self.records = topics, records
        self.loads: list[Load] = []
        self.forgotten: set[int] = set()  # numbers that the input topic no longer holds
        self.faults: list[Fault] = []
        self.fault_count = 0
        self.recovery_seconds: list[float] = []
        self._progress = progress
        self._mix = Mix(seed, **scenario.mix)
        self._incarnation = 0
        self._deadline = time.monotonic() + scenario.deadline_seconds

    @property
    def wanted_records(self) -> int:
        """What the loads must at least have acknowledged; of transactions, those that are not aborted."""
        return sum(load.wanted_records for load in self.loads)

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    # What flows

    def send(self, share: float = 1.0) -> None:
        """Start to send this share of the scenario's records."""
        load = Load(
            self.cluster.client_config(),
            self.topics["input"],
            self._mix,
            first=sum(load.count for load in self.loads),
            count=round(self.records * share),
            records_per_second=self.scenario.records_per_second,
            incarnation=self._incarnation,
            transactional=self.scenario.transactional,
            until_stopped=self.scenario.sends_until_the_end,
        )
        self.loads.append(load)
        load.start()

    def recreate_input(self) -> None:
        """Delete the input topic and make it again; what it held is no longer owed."""
        for load in self.loads:
            load.stop(self.seconds_left)
            self.forgotten |= {sent.number for sent in load.acknowledged}
        self.cluster.delete_topic(self.topics["input"])
        self.cluster.create_topic(self.topics["input"], self.scenario.partitions)
        self._incarnation += 1

    # What breaks

    def fault(self, what: str) -> None:
        """Something breaks now: waits for a moment with records in flight, and counts them."""
        in_flight = self.until("a record is in flight", self._records_in_flight)
        self.faults.append(Fault(what, in_flight))
        self.fault_count += 1

    def _records_in_flight(self) -> int:
        """As the workers say or as the model sees, whichever is more. Needs more records to come behind them."""
        in_flight = max(self.workers.sum_of(IN_FLIGHT_METRIC), self.model.status().in_flight)
        if not self._more_to_come(in_flight):
            raise UnfinishedError("everything was sent and consumed before the fault: send more, or more slowly")
        return in_flight

    def _more_to_come(self, in_flight: int) -> bool:
        return any(load.is_sending for load in self.loads) or sum((self._progress.lag() or {}).values()) > in_flight

    def side_fault(self, what: str) -> None:
        """Something more breaks now, whatever is in flight."""
        self.faults.append(Fault(what, None))
        self.fault_count += 1

    def kill_and_restart(self, worker: int = 0) -> None:
        """SIGKILL, and start again at once."""
        self.fault(f"SIGKILL worker {worker}")
        self.workers.kill(worker)
        self.start_again(worker)

    def start_again(self, worker: int = 0) -> None:
        """Start a killed worker; measures the time to the first record after it."""
        since = time.monotonic()
        self.workers.start(worker)
        self.pause(SETTLE_SECONDS)
        before = self.arrivals()
        self.until("a record arrives after the restart", lambda: self.arrivals() > before)
        self.recovery_seconds.append(time.monotonic() - since)

    # What is waited for

    def reach(self, share: float) -> None:
        """Until the group has committed this share of the scenario's records."""
        self.until(
            f"{share:.0%} of the records are committed",
            lambda: sum((self._progress.committed() or {}).values()) >= share * self.wanted_records,
            self._lag_by_partition,
        )

    def arrivals(self) -> int:
        """Records on the output and error topics, as soon as the brokers say so."""
        return self.until("the brokers say what arrived", self._progress.arrivals)[0]

    def finish(self) -> None:
        """Until everything is sent and the group has committed the whole input; then every worker drains."""
        for load in self.loads:
            load.stop(self.seconds_left)
        self.until("the group committed the input", lambda: self._progress.lag() == {}, self._lag_by_partition)
        self.workers.drain()

    def _lag_by_partition(self) -> str:
        return f"lag by partition {self._progress.lag()}, status {self.workers.statuses()}"

    def pause(self, seconds: float) -> None:
        """Let the fault last."""
        end = time.monotonic() + seconds
        self.until(f"{seconds:g} s passed", lambda: time.monotonic() >= end)

    def until(self, what: str, ask: Callable[[], Answer | None], detail: Callable[[], str] = str) -> Answer:
        """The first true answer. A worker that ended by itself ends the scenario."""
        while True:
            self.workers.check()
            answer = ask()
            if answer:
                return answer
            if not self.seconds_left:
                raise UnfinishedError(f"not within {self.scenario.deadline_seconds} s: {what} {detail()}".strip())
            time.sleep(STEP_SECONDS)
