"""What the operator says of itself: JSON lines without values of errors, and metrics that are those of the table."""

import json
import logging
from collections.abc import Iterator

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from penstock_operator.reporting import metrics
from penstock_operator.reporting.log import JsonLines, place_of, set_up_logging
from penstock_operator.reporting.metrics import METRICS, Kind, MetricRow, Metrics


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = before
    root.setLevel(level)


def failure() -> Exception:
    try:
        int("a secret value")
    except ValueError as error:
        return error
    raise AssertionError


def test_a_line_has_its_fields_beside_its_message(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("Warning")
    logging.getLogger("penstock_operator").info("not this")
    logging.getLogger("penstock_operator").warning("this %s", "one", extra={"deployment": "n/fraud", "odd": object})
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["level"], said["message"], said["deployment"]) == ("warning", "this one", "n/fraud")


def test_an_exception_is_told_by_type_and_place_and_never_by_value() -> None:
    error = failure()
    record = logging.makeLogRecord({"msg": "failed", "exc_info": (type(error), error, error.__traceback__)})
    line = JsonLines().format(record)
    assert json.loads(line)["exception"] == "ValueError"
    assert "failure" in json.loads(line)["where"]
    assert "secret" not in line
    assert "test_operator_log_and_metrics.py" in place_of(error)


def test_names_are_ours_and_every_row_is_in_the_table() -> None:
    rows = {row for row in vars(metrics).values() if isinstance(row, MetricRow)}
    assert set(METRICS) == rows
    assert len({row.name for row in METRICS}) == len(METRICS)
    for row in METRICS:
        assert row.name.startswith("penstock_operator_")
        assert row.help.endswith(".")
        assert not row.name.endswith("_total")
        assert row.kind is not Kind.HISTOGRAM or row.name.endswith("_seconds")


def test_what_is_exposed_is_the_table() -> None:
    exposed = Metrics()
    exposed.reconciled("success", 0.01)
    exposed.wrote("apply", "Deployment", None)
    exposed.watch_told("Pod")
    exposed.watch_started()
    exposed.relisted("success")
    exposed.read_objects("Pod", lambda: 3)
    for row in METRICS:
        if row.kind is Kind.GAUGE and not row.labels:
            exposed.read_gauge(row, lambda: 7)
    families = list(text_string_to_metric_families(generate_latest(exposed.registry).decode()))
    assert {(family.name, family.type) for family in families} == {(row.name, row.kind.value) for row in METRICS}
    lines = generate_latest(exposed.registry).decode().splitlines()
    assert 'penstock_operator_writes_total{code="0",kind="Deployment",verb="apply"} 1.0' in lines
    assert 'penstock_operator_objects{kind="Pod"} 3.0' in lines
    assert "penstock_operator_queue_depth 7.0" in lines


def test_each_operator_counts_for_itself() -> None:
    first, second = Metrics(), Metrics()
    first.watch_started()
    assert b"penstock_operator_watch_starts_total 1.0" in generate_latest(first.registry)
    assert b"penstock_operator_watch_starts_total 0.0" in generate_latest(second.registry)
