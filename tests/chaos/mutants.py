"""Three defects that the ledger must find. Each replaces one seam of the worker before it starts."""

from collections.abc import Callable
from typing import Any, cast

from penstock_worker.core import verdicts
from penstock_worker.core.lanes import Lanes, Ordering
from penstock_worker.core.offsets import Progress, Window
from penstock_worker.core.outcomes import Outcome
from penstock_worker.messages import Call, Fault


def commit_before_delivery() -> None:
    """Commit up to the last record that was consumed: a SIGKILL loses what was in flight."""
    progress = Window.progress

    def everything_consumed(self: Window) -> Progress | None:
        if not self.unfinished:
            return progress(self)
        next_offset = self.unfinished[-1].offset + 1
        return Progress(self, next_offset, self.finished_records, self.finished_bytes)

    Window.progress = everything_consumed  # type: ignore[method-assign]


def no_key_lanes() -> None:
    """Every record may overtake every other, whatever the settings ask for."""
    made = Lanes.__init__

    def made_without_order(self: Lanes, _ordering: Ordering) -> None:
        made(self, "None")

    Lanes.__init__ = made_without_order  # type: ignore[method-assign, assignment]


def outage_to_error_topic() -> None:
    """A model that is away is taken for an answer."""
    judge: Callable[..., Any] = verdicts.Judge.judge

    def gives_up(self: verdicts.Judge, call: Call, setback: verdicts.Setback, *facts: Any) -> verdicts.Verdict:
        if setback.outcome in (Outcome.NOT_NOW, Outcome.FAILED):
            return verdicts.Verdict(verdicts.Action.ERROR, fault=Fault.RETRIES_EXHAUSTED)
        return cast(verdicts.Verdict, judge(self, call, setback, *facts))

    verdicts.Judge.judge = gives_up  # type: ignore[method-assign, assignment]


MUTANTS: dict[str, Callable[[], None]] = {
    "commit-before-delivery": commit_before_delivery,
    "no-key-lanes": no_key_lanes,
    "outage-to-error-topic": outage_to_error_topic,
}
