"""What a run came to: the counts for scripts and the lines for people. Pure, except for the one write."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from penstock.answer_lines import Answer, readable
from penstock.failures import WRONG_USE, Failed
from penstock.ledger import Counts
from penstock.measurements import Histogram, Measurement

SAMPLE_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Summary:
    """One finished run."""

    counts: Counts
    codes: Mapping[str, int] = field(default_factory=Counter)
    duplicates: int = 0
    answers_to_others: int = 0
    answering_seconds: float = 0  # first to last answer
    answers: int = 0
    measurement: Measurement = field(default_factory=Measurement)
    samples: Sequence[Answer] = ()

    @property
    def rate(self) -> float | None:
        """Answers per second while there were any."""
        return self.answers / self.answering_seconds if self.answers > 1 and self.answering_seconds > 0 else None


def write_counts(counts: Counts, file: Path) -> None:
    """`{"input", "output", "error"}`."""
    text = json.dumps({"input": counts.input, "output": counts.output, "error": counts.error})
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    except OSError as error:
        raise Failed(WRONG_USE, f"--summary {file}: {error.strerror}") from error


def clear_counts(file: Path | None) -> None:
    """A run that fails leaves no counts of an earlier one."""
    try:
        if file is not None:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise Failed(WRONG_USE, f"--summary {file}: {error.strerror}") from error


def summary_lines(summary: Summary) -> list[str]:
    return [
        *_sample_lines(summary.samples),
        _counts_line(summary.counts),
        *_remark_lines(summary),
        f"rate      {_rate_text(summary.rate)}",
        f"latency   {latency_text('model', summary.measurement.prediction)}",
        f"          {latency_text('input record to acknowledged answer', summary.measurement.end_to_end)}",
    ]


def _rate_text(rate: float | None) -> str:
    return "unknown: too few answers" if rate is None else f"{rate:,.0f} records/s, first to last answer"


def _counts_line(counts: Counts) -> str:
    balance = "=" if counts.unanswered == 0 else "≠"
    missing = f"  ({counts.unanswered:,} not answered)" if counts.unanswered else ""
    return f"records   {counts.input:,} in {balance} {counts.output:,} output + {counts.error:,} error{missing}"


def _remark_lines(summary: Summary) -> list[str]:
    lines = [f"errors    {', '.join(f'{code} {count:,}' for code, count in sorted(summary.codes.items()))}"]
    if summary.duplicates:
        lines.append(f"          {summary.duplicates:,} duplicate answers, counted once (after a restart)")
    if summary.answers_to_others:
        lines.append(f"          {summary.answers_to_others:,} answers to records that this run did not feed")
    return lines if summary.codes else lines[1:]


def _sample_lines(samples: Sequence[Answer]) -> list[str]:
    return [
        f"{answer.kind:<9} {readable(answer.key, 40)} → {answer.code}{' ' if answer.code else ''}"
        f"{readable(answer.value, SAMPLE_CHARACTERS)}"
        for answer in samples
    ]


def latency_text(what: str, histogram: Histogram) -> str:
    p50, p99 = histogram.quantile(0.5), histogram.quantile(0.99)
    return f"{what}: p50 {duration_text(p50)}, p99 {duration_text(p99)}"


def duration_text(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.{0 if seconds >= 0.01 else 1}f} ms"
