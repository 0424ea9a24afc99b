"""The rows of the benchmark: which process each one is, and how many records make a steady run of it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.bounds import BATCHED, PER_RECORD, PLAIN
from bench.models import Models

BATCH_RECORDS = 64

Command = list[str]


@dataclass(frozen=True, slots=True)
class Route:
    """What one run of a bridge reads and writes."""

    bootstrap: str
    group: str
    source: str
    target: str
    errors: str
    models: Models
    folder: Path


@dataclass(frozen=True, slots=True)
class Row:
    """A bridge, and the records to measure it over: a dozen seconds or so at its own speed."""

    name: str
    command: Callable[[Route], Command]
    records: int
    large_records: int


def _penstock(max_records: int) -> Callable[[Route], Command]:
    def command(route: Route) -> Command:
        url = route.models.single_url if max_records == 1 else route.models.batch_url
        deployment = {"namespace": "bench", "name": "fraud"}
        kafka = {
            "deployment": deployment,
            "bootstrapServers": [route.bootstrap],
            "consumerGroup": route.group,
            "topics": {"input": route.source, "output": route.target, "error": route.errors},
            "startFrom": "Earliest",
        }
        worker: dict[str, Any] = {
            "deployment": deployment,
            "model": {"name": "fraud", "version": "1.4.2", "url": url},
            "port": 0,
        }
        if max_records > 1:
            worker["delivery"] = {"batch": {"maxRecords": max_records}}
        (route.folder / "kafka.json").write_text(json.dumps(kafka))
        (route.folder / "worker.json").write_text(json.dumps(worker))
        folders = ["--config-dir", str(route.folder), "--secrets-dir", str(route.folder)]
        return [sys.executable, "-m", "penstock_worker", "run", *folders]

    return command


def _plain(route: Route) -> Command:
    arguments = [route.bootstrap, route.group, route.source, route.target, route.models.single_url]
    return [sys.executable, "-m", "bench.plain_bridge", *arguments]


def _floor(kind: str) -> Callable[[Route], Command]:
    return lambda route: [
        *(sys.executable, "-m", "bench.floor"),
        *(kind, route.bootstrap, route.group, route.source, route.target),
    ]


ROWS = (
    Row(PER_RECORD, _penstock(1), 300_000, 200_000),
    Row(BATCHED, _penstock(BATCH_RECORDS), 800_000, 300_000),
    Row(PLAIN, _plain, 40_000, 30_000),
    Row("floor", _floor("floor"), 1_000_000, 400_000),
    Row("floor-contract", _floor("floor-contract"), 800_000, 400_000),
)
LATENCY_ROWS = tuple(row for row in ROWS if row.name in (PER_RECORD, PLAIN))
