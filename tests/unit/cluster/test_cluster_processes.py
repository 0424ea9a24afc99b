"""Processes that outlive whoever started them are ended by their pid, and only as long as it is theirs."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import processes
from cluster.layout import Layout
from support.waiting import wait_until


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    layout = Layout(tmp_path)
    yield layout
    for name in processes.names(layout):
        processes.end(layout, name)


def test_a_started_process_runs_until_it_is_ended(layout: Layout) -> None:
    processes.start(layout, "sleeper", ["sleep", "60"])
    assert processes.names(layout) == ["sleeper"]
    assert processes.running(layout, "sleeper")
    processes.end(layout, "sleeper")
    assert not processes.running(layout, "sleeper")
    assert processes.names(layout) == []


def test_what_it_wrote_last_is_there_after_its_end(layout: Layout) -> None:
    processes.start(layout, "talker", ["sh", "-c", "echo to stdout; echo to stderr >&2"])
    wait_until("it ended", lambda: not processes.running(layout, "talker"), 5)
    assert processes.log_tail(layout, "talker") == "to stdout\nto stderr"


def test_a_pid_that_is_somebody_else_s_by_now_is_left_alone(layout: Layout) -> None:
    layout.pids.mkdir(parents=True)
    (layout.pids / "old").write_text(json.dumps({"pid": os.getpid(), "started": "1"}))
    assert not processes.running(layout, "old")
    processes.end(layout, "old")  # SIGKILL to this process, were it not so


def test_what_ended_before_its_start_was_recorded_does_not_run(layout: Layout) -> None:
    layout.pids.mkdir(parents=True)
    (layout.pids / "brief").write_text(json.dumps({"pid": 2**22 + 1, "started": None}))
    assert not processes.running(layout, "brief")


def test_ending_what_never_was_is_no_error(layout: Layout) -> None:
    processes.end(layout, "nothing")
