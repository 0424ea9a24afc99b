"""`docs/metrics.md`, from the tables that the expositions themselves are made from."""

from collections.abc import Iterable
from typing import Protocol

from penstock_operator.reporting import metrics as operator
from penstock_worker import metrics as worker
from penstock_worker.core.histogram import LONGEST_BOUND
from reference.markdown import code, document, table

WORKER = """\
A worker serves these at `/metrics` in the Prometheus text format, on the port of `worker.json` (8089 unless set).
All belong to one worker process and begin at zero when it starts."""

HISTOGRAMS = f"""\
Histograms have the bounds 1 ms, 2 ms, 4 ms and so on, doubling to {2**LONGEST_BOUND / 1000:,.0f} s, and `+Inf`;
[a decision record](decisions/0006-power-of-two-histograms.md) says why."""

OPERATOR = """\
The operator serves these at `/metrics`, on the port that `PENSTOCK_PORT` says (8080 unless set)."""


class Row(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def help(self) -> str: ...


def page() -> str:
    return document(
        "Metrics",
        "## Of a worker",
        WORKER,
        _table((row, row.kind.value) for row in worker.METRICS),
        HISTOGRAMS,
        "## Of the operator",
        OPERATOR,
        _table((row, row.kind.value) for row in operator.METRICS),
    )


def _table(rows: Iterable[tuple[Row, str]]) -> str:
    titles = ("metric", "kind", "labels", "what it says")
    return table(
        titles, ((code(_exposed(row, kind)), kind, ", ".join(map(code, row.labels)), row.help) for row, kind in rows)
    )


def _exposed(row: Row, kind: str) -> str:
    """The exposition format adds the suffix of a counter."""
    return f"{row.name}_total" if kind == "counter" else row.name
