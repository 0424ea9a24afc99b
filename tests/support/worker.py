"""The worker as its users run it: a process with two settings files, asked over HTTP, ended by signals."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock_worker.settings import KafkaSettings, Settings, WorkerSettings
from support.kafka.admin import wait_until
from support.ports import free_port
from support.process import ChildProcess

COMMAND = (sys.executable, "-m", "penstock_worker")
SettingsFile = Settings | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """How a pre-flight ended. `result` is its result file's JSON object, empty where it wrote none."""

    exit_code: int
    result: dict[str, Any]
    log: str


class WorkerProcess:
    """One worker with a folder of its own; after its end `start()` runs it again on the same settings.

    `kafka` and `worker` are settings objects, or the files' JSON objects as they are (also broken ones).
    """

    def __init__(
        self,
        kafka: SettingsFile,
        worker: SettingsFile,
        *,
        folder: Path,
        secrets_dir: Path | None = None,
        command: Sequence[str] = COMMAND,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.config_dir = folder / "config"
        self.log = folder / "worker.log"
        self._command = tuple(command)
        self._env = dict(env or {})
        self._secrets_dir = secrets_dir or folder / "secrets"
        self._process: ChildProcess | None = None
        self._write_settings(kafka, worker)

    def _write_settings(self, kafka: SettingsFile, worker: SettingsFile) -> None:
        self.config_dir.mkdir(parents=True, exist_ok=True)
        (self.config_dir / "kafka.json").write_text(json.dumps(_as_file(kafka)))
        (self.config_dir / "worker.json").write_text(json.dumps({**_as_file(worker), "port": self.port}))

    # Start and end

    def start(self) -> None:
        """Returns at once; `wait_ready` waits."""
        if self.running:
            raise RuntimeError(f"the worker already runs as pid {self.pid}")
        self._process = ChildProcess((*self._command, "run", *self._folders), log=self.log, env=self._env)

    def wait_ready(self, timeout_seconds: float = 30) -> None:
        """Until /readyz answers 200; raises with the end of the log if the worker ended instead."""

        def ready() -> bool:
            if not self.running:
                raise RuntimeError(f"the worker ended with {self._started.exit_code}:\n{self._started.log_tail()}")
            return self.get("/readyz")[0] == 200

        wait_until(f"{self.log} shows a ready worker", ready, timeout_seconds)

    def sigterm(self) -> None:
        self._started.send(signal.SIGTERM)

    def sigkill(self) -> None:
        self._started.kill()

    def wait(self, timeout_seconds: float = 60) -> int:
        """The exit code."""
        return self._started.wait(timeout_seconds)

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._started.exit_code

    def log_tail(self) -> str:
        """The last lines of its log."""
        return self._started.log_tail()

    def close(self) -> None:
        """End it if it still runs, without ceremony."""
        if self._process is not None:
            self._process.kill()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int:
        return self._started.pid

    @property
    def _started(self) -> ChildProcess:
        if self._process is None:
            raise RuntimeError("the worker was never started")
        return self._process

    # Questions

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body; status 0 while nothing answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            connection.close()

    def status(self) -> dict[str, Any]:
        status, body = self.get("/status")
        if status != 200:
            raise RuntimeError(f"/status answered {status}")
        answer: dict[str, Any] = json.loads(body)
        return answer

    def metrics(self) -> dict[str, float]:
        """Value by series, named as in the text format: `penstock_records_produced_total{topic="output"}`."""
        status, body = self.get("/metrics")
        if status != 200:
            raise RuntimeError(f"/metrics answered {status}")
        samples = (line.rsplit(" ", 1) for line in body.decode().splitlines() if line and not line.startswith("#"))
        return {series: float(value) for series, value in samples}

    def log_lines(self) -> list[dict[str, Any]]:
        """Every log line as the JSON object it must be."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line]

    # The pre-flight

    def prepare(self, mode: str = "apply", *, timeout_seconds: float = 60) -> Prepared:
        """Run the pre-flight on the same settings."""
        result = self.config_dir.parent / "prepared.json"
        result.unlink(missing_ok=True)
        done = subprocess.run(
            [*self._command, "prepare", "--mode", mode, *self._folders, "--result-file", str(result)],
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
            env={**os.environ, **self._env},
        )
        return Prepared(done.returncode, json.loads(result.read_text()) if result.exists() else {}, done.stderr)

    @property
    def _folders(self) -> tuple[str, ...]:
        return ("--config-dir", str(self.config_dir), "--secrets-dir", str(self._secrets_dir))


def _as_file(settings: SettingsFile) -> dict[str, Any]:
    """Only keys that differ from their default, as the operator writes them."""
    if isinstance(settings, Settings):
        return settings.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return dict(settings)


def kafka_settings(
    bootstrap_servers: Sequence[str], topics: Mapping[str, str], group: str, **changes: Any
) -> KafkaSettings:
    """A `kafka.json` over PLAINTEXT from the start of the topic; `topics` names input, output and error."""
    return KafkaSettings.model_validate(
        {
            "deployment": {"namespace": "test", "name": group},
            "bootstrapServers": list(bootstrap_servers),
            "consumerGroup": group,
            "topics": dict(topics),
            "startFrom": "Earliest",
            **changes,
        }
    )


def worker_settings(url: str, group: str, **delivery: Any) -> WorkerSettings:
    """A `worker.json` for a JSON model at `url`; `delivery` is that block's keys."""
    return WorkerSettings.model_validate(
        {
            "deployment": {"namespace": "test", "name": group},
            "model": {"name": "stub", "version": "1", "url": url},
            "delivery": delivery,
        }
    )
