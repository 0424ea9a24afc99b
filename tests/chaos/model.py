"""The chaos model as the scenarios hold it: started, asked, and told to misbehave."""

import json
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chaos.faults import FaultPlan
from support.kafka.admin import wait_until
from support.ports import free_port
from support.process import ChildProcess

TESTS = Path(__file__).parents[1]
CHILD_ENV = {"PYTHONPATH": os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))}
HOST_NAME = "localhost"  # what a model with several addresses is called; `launch.py` answers it with all of them
ONE_ADDRESS = ("127.0.0.1",)
START_SECONDS = 20
CALL_SECONDS = 10


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What the model has seen so far."""

    requests: int
    in_flight: int
    injected: dict[str, int]

    @property
    def faults(self) -> int:
        return sum(self.injected.values())


class ChaosModel:
    """One model process; a context manager."""

    def __init__(self, plan: FaultPlan, *, folder: Path, addresses: Sequence[str] = ONE_ADDRESS) -> None:
        self.addresses = tuple(addresses)
        self.port = free_port()
        self._control_port = free_port()
        self._settings = {
            "addresses": self.addresses,
            "port": self.port,
            "control_port": self._control_port,
            "seed": plan.seed,
            "per_million": {kind.value: share for kind, share in plan.per_million.items()},
            "large_bytes": plan.large_bytes,
        }
        self._log = folder / "model.log"
        self._process: ChildProcess

    @property
    def url(self) -> str:
        host = self.addresses[0] if len(self.addresses) == 1 else HOST_NAME
        return f"http://{host}:{self.port}/predict"

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "chaos.model_server", json.dumps(self._settings)]
        self._process = ChildProcess(command, log=self._log, env=CHILD_ENV)
        wait_until(f"the chaos model listens, see {self._log}", self._listens, START_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()

    def _listens(self) -> bool:
        if not self._process.running:
            raise RuntimeError(f"the chaos model ended:\n{self._process.log_tail()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._control_port)) == 0

    def down(self, *addresses: str) -> None:
        """Close the listener and reset the connections of these addresses, or of all."""
        self._tell(down=addresses or self.addresses)

    def up(self, *addresses: str) -> None:
        self._tell(up=addresses or self.addresses)

    def everybody(self, fault: str) -> None:
        """Every request meets this fault; an empty string ends that."""
        self._tell(everybody=fault)

    def latency(self, seconds: float) -> None:
        self._tell(latency_seconds=seconds)

    def status(self) -> ModelStatus:
        return self._tell()

    def _tell(self, **control: Any) -> ModelStatus:
        with socket.create_connection(("127.0.0.1", self._control_port), CALL_SECONDS) as connection:
            connection.sendall(json.dumps(control).encode() + b"\n")
            with connection.makefile("rb") as lines:
                said = json.loads(lines.readline())
        return ModelStatus(said["requests"], said["inFlight"], said["injected"])
