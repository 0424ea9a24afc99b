"""Where runs happen: the broker, the models, a folder for logs, and one bridge at a time."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.broker import Broker, running_broker
from bench.models import Models, running_models
from bench.rows import Route, Row
from support.process import ChildProcess

STOP_SECONDS = 30


class RunFailedError(Exception):
    """A bridge ended, stood still, or answered wrongly: its figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Rig:
    broker: Broker
    models: Models
    folder: Path

    @contextmanager
    def bridge(self, row: Row, source: str, topic_config: dict[str, str] | None = None) -> Iterator["Bridge"]:
        """The row's process, from its start to its end."""
        number = self.broker.fresh_name(row.name)
        folder = self.folder / number
        folder.mkdir()
        target = self.broker.fresh_topic(f"{number}-output", topic_config)
        errors = self.broker.fresh_topic(f"{number}-errors")
        route = Route(self.broker.bootstrap, number, source, target, errors, self.models, folder)
        command = row.command(route)
        spawned_at_seconds = time.monotonic()
        process = ChildProcess(command, log=folder / "log")
        bridge = Bridge(row, route, process, self.broker, spawned_at_seconds)
        try:
            yield bridge
            bridge.check()
        finally:
            process.stop(STOP_SECONDS)


@dataclass(frozen=True, slots=True)
class Bridge:
    """A running bridge, seen from outside."""

    row: Row
    route: Route
    process: ChildProcess
    broker: Broker
    spawned_at_seconds: float

    def output_records(self) -> int:
        return self.broker.end_offsets(self.route.target)

    def check(self) -> None:
        """It runs, and nothing of this input deserved the error topic."""
        if not self.process.running:
            raise RunFailedError(f"{self.row.name} ended with {self.process.exit_code}\n{self.process.log_tail()}")
        if errors := self.broker.end_offsets(self.route.errors):
            raise RunFailedError(
                f"{self.row.name} wrote {errors} records to its error topic\n{self.process.log_tail()}"
            )


@contextmanager
def running_rig(broker_properties: dict[str, str] | None = None) -> Iterator[Rig]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="penstock-bench-")))
        models = stack.enter_context(running_models(folder))
        broker = stack.enter_context(running_broker(broker_properties))
        yield Rig(broker, models, folder)
