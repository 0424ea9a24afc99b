"""`docs/metrics.md`, from the table that the exposition itself is made from."""

from penstock_worker.core.histogram import LONGEST_BOUND
from penstock_worker.metrics import METRICS, Kind, MetricRow
from reference.markdown import code, document, table

TEXT = """\
A worker serves these at `/metrics` in the Prometheus text format, on the port of `worker.json` (8089 unless set).
All belong to one worker process and begin at zero when it starts."""

HISTOGRAMS = f"""\
Histograms have the bounds 1 ms, 2 ms, 4 ms and so on, doubling to {2**LONGEST_BOUND / 1000:,.0f} s, and `+Inf`;
[a decision record](decisions/0006-power-of-two-histograms.md) says why."""


def page() -> str:
    rows = ((code(_exposed(row)), row.kind.value, ", ".join(map(code, row.labels)), row.help) for row in METRICS)
    return document("Metrics", TEXT, table(("metric", "kind", "labels", "what it says"), rows), HISTOGRAMS)


def _exposed(row: MetricRow) -> str:
    """The exposition format adds the suffix of a counter."""
    return f"{row.name}_total" if row.kind is Kind.COUNTER else row.name
