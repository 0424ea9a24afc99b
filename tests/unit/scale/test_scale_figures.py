"""What the scale bench reads and judges."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scale.audit import WritesOf
from scale.exposition import total
from scale.figures import Figures, judge
from scale.readiness import is_ready

GOOD = Figures(
    resources=1000,
    cold_start_seconds=120,
    restart_seconds=30,
    restart_writes=0,
    peak_mib=300,
    idle_cpu_percent=2,
    idle_writes_per_minute=0,
)

EXPOSITION = """\
# HELP penstock_operator_reconciles_total Passes over a ModelDeployment
# TYPE penstock_operator_reconciles_total counter
penstock_operator_reconciles_total{result="success"} 990.0
penstock_operator_reconciles_total{result="error"} 10.0
penstock_operator_reconciles_created{result="error"} 1.7e9
penstock_operator_queue_depth 3.0
"""


def test_figures_at_their_bounds_are_good() -> None:
    assert all(verdict.met for verdict in judge(GOOD))
    assert len(judge(GOOD)) == 6


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cold_start_seconds", 120.1),
        ("restart_seconds", 30.1),
        ("restart_writes", 1),
        ("peak_mib", 300.1),
        ("idle_cpu_percent", 2.01),
        ("idle_writes_per_minute", 0.1),
    ],
)
def test_each_figure_above_its_bound_is_missed_alone(name: str, value: float) -> None:
    assert [verdict.met for verdict in judge(replace(GOOD, **{name: value}))].count(False) == 1  # type: ignore[arg-type]


def test_a_metric_is_summed_over_its_labels_and_no_other_is_taken_for_it() -> None:
    assert total(EXPOSITION, "penstock_operator_reconciles_total") == 1000
    assert total(EXPOSITION, "penstock_operator_queue_depth") == 3
    assert total(EXPOSITION, "penstock_operator_reconciles") == 0


def event(user: str, verb: str, **written: str) -> bytes:
    return json.dumps({"user": {"username": user}, "verb": verb, "objectRef": written}).encode()


def test_only_the_users_own_writes_count_also_where_a_line_is_half_written(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    first = event("operator", "patch", resource="jobs", namespace="n", name="j", subresource="status")
    second = event("operator", "create", resource="pods", namespace="n")
    log.write_bytes(first + b"\n" + event("operator-too", "create", resource="pods") + b"\n" + second[:20])
    writes = WritesOf(log, "operator")

    assert writes.count() == 1
    with log.open("ab") as more:
        more.write(second[20:] + b"\n")
    assert writes.since(0) == ["patch jobs/n/j/status", "create pods/n"]
    assert writes.since(1) == ["create pods/n"]


def resource(*, generation: int, seen: int | None, ready: str, about: int) -> dict[str, Any]:
    condition = {"type": "Ready", "status": ready, "observedGeneration": about}
    status = {"conditions": [condition]} | ({} if seen is None else {"observedGeneration": seen})
    return {"metadata": {"generation": generation}, "status": status}


def test_a_resource_is_ready_at_its_current_generation_alone() -> None:
    assert is_ready(resource(generation=2, seen=2, ready="True", about=2))
    assert not is_ready(resource(generation=2, seen=2, ready="True", about=1))
    assert not is_ready(resource(generation=2, seen=1, ready="True", about=2))
    assert not is_ready(resource(generation=2, seen=2, ready="False", about=2))
    assert not is_ready({"metadata": {"generation": 1}})
