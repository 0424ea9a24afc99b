"""A run while records flow: feed, count, show, until everything was answered or a stop was asked for; then drain.

One thread turns this wheel and waits only in `AnswerReader.take`, so ledger, feed and screen need no locks.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from penstock.answer_lines import Answer
from penstock.answer_reader import AnswerReader
from penstock.feed import Feed
from penstock.history import History
from penstock.ledger import ERROR, OUTPUT, Kind, Ledger
from penstock.scraper import Scraper
from penstock.screen import Screen
from penstock.status import Status
from penstock.stopping import StopRequests
from penstock.summary import Summary
from penstock.worker_process import WorkerProcess

Check = Callable[[], None]

DRAINING = "stopping: the worker finishes what it has begun; stop again to end it at once"

TAKE_SECONDS = 0.05
LAST_ANSWERS_SECONDS = 10
FORCED_STOP_SECONDS = 5
LEAVE_SECONDS = 25  # what the worker may take after its drain: flush, commit, leave the group


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked of the session."""

    print_answers: bool
    until_drained: bool
    sample_records: int  # of outputs and of errors, for the summary
    drain_seconds: float  # the worker's own deadline


@dataclass(frozen=True, slots=True)
class Parts:
    """What the session turns; each is started and ended by whoever made it."""

    worker: WorkerProcess
    checks: Sequence[Check]  # of model and embedded broker; each raises `Failed` when its process ended
    answers: AnswerReader
    feed: Feed | None
    ledger: Ledger
    scraper: Scraper
    screen: Screen
    stop: StopRequests


class Session:
    """One run, from the worker's start to its end."""

    def __init__(self, parts: Parts, wishes: Wishes) -> None:
        self._parts = parts
        self._wishes = wishes
        self._history = History(time.monotonic())
        self._codes: Counter[str] = Counter()
        self._samples: dict[Kind, list[Answer]] = {OUTPUT: [], ERROR: []}
        self._answers = 0
        self._answered_at_seconds: list[float] = []  # first and last

    def run(self) -> None:
        """Until drained, a stop, or a closed pipe. Raises `Failed` for a crash of worker, model or broker."""
        self._parts.worker.start()
        while not self._is_done():
            if self._parts.worker.keep_running():
                self._history.worker_restarted(time.monotonic())
            for check in self._parts.checks:
                check()
            if self._parts.feed and self._history.newest.partitions_assigned:
                self._parts.feed.step()
            self._turn("running" if self._history.newest.partitions_assigned else "worker is joining")

    def drain(self) -> None:
        """Ask the worker to finish what is in flight, and count it. A second stop, or its deadline, ends it at once."""
        self._parts.scraper.refresh()
        self._note_measurement()
        self._parts.worker.terminate()
        if self._parts.stop.count:
            self._parts.screen.message(DRAINING)
        deadline = time.monotonic() + self._wishes.drain_seconds + LEAVE_SECONDS
        asked = self._parts.stop.count
        while not self._parts.worker.has_ended and time.monotonic() < deadline:
            if self._parts.stop.count > asked:
                self._parts.worker.terminate()
                deadline = min(deadline, time.monotonic() + FORCED_STOP_SECONDS)
                asked = self._parts.stop.count
            self._turn("draining")
        self._parts.worker.stop(0)
        self._take_the_last()

    def abandon(self) -> None:
        """After a crash: nothing can be finished, what is counted is counted."""
        self._parts.worker.stop(FORCED_STOP_SECONDS)

    def summary(self) -> Summary:
        first, last = (self._answered_at_seconds or [0, 0])[0], (self._answered_at_seconds or [0, 0])[-1]
        return Summary(
            counts=self._parts.ledger.counts,
            codes=self._codes,
            duplicates=self._parts.ledger.duplicates,
            answers_to_others=self._parts.ledger.answers_to_others,
            answering_seconds=last - first,
            answers=self._answers,
            measurement=self._history.whole_run,
            samples=[*self._samples[OUTPUT], *self._samples[ERROR]],
        )

    def _is_done(self) -> bool:
        parts = self._parts
        if parts.stop.count or parts.screen.is_broken:
            return True
        fed = parts.feed is not None and parts.feed.finished
        return self._wishes.until_drained and fed and parts.ledger.counts.unanswered == 0

    def _turn(self, phase: str) -> None:
        self._take(TAKE_SECONDS)
        self._note_measurement()
        self._parts.screen.status(self._status(phase))

    def _take(self, seconds: float) -> None:
        answers = self._parts.answers.take(seconds)
        if answers:
            self._answered_at_seconds = [*self._answered_at_seconds[:1], time.monotonic()]
        for answer in answers:
            if self._parts.ledger.answered(answer.kind, answer.source):
                self._count(answer)
        if answers and self._wishes.print_answers:
            self._parts.screen.answers(answers)

    def _count(self, answer: Answer) -> None:
        if self._parts.feed:
            self._parts.feed.answered(answer.size_bytes)
        self._answers += 1
        if answer.code:
            self._codes[answer.code] += 1
        if len(self._samples[answer.kind]) < self._wishes.sample_records:
            self._samples[answer.kind].append(answer)

    def _note_measurement(self) -> None:
        if self._parts.scraper.latest is not None:
            self._history.note(time.monotonic(), self._parts.scraper.latest)

    def _take_the_last(self) -> None:
        deadline = time.monotonic() + LAST_ANSWERS_SECONDS
        self._parts.answers.mark_end()
        while not self._parts.answers.has_reached_end() and time.monotonic() < deadline:
            self._take(TAKE_SECONDS)

    def _status(self, phase: str) -> Status:
        ledger, history = self._parts.ledger, self._history
        return Status(
            phase=phase,
            counts=ledger.counts,
            output=ledger.read(OUTPUT),
            error=ledger.read(ERROR),
            now=history.newest,
            recent=history.recent,
            recent_seconds=history.recent_seconds,
        )
