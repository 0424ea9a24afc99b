"""Reading /proc."""

import os
import time

import pytest

from bench.process_sample import cpu_seconds, parse_cpu_ticks, parse_status_mib, peak_mib, resident_mib

STATUS = "Name:\tpython\nVmPeak:\t 2048000 kB\nVmHWM:\t  153600 kB\nVmRSS:\t  102400 kB\nThreads:\t9\n"


def test_cpu_is_user_and_system_time_even_if_the_command_holds_brackets() -> None:
    assert parse_cpu_ticks("4711 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 1200 34 99 99 20 0\n") == 1234


def test_memory_is_told_in_mib() -> None:
    assert (parse_status_mib(STATUS, "VmHWM"), parse_status_mib(STATUS, "VmRSS")) == (150.0, 100.0)


def test_a_process_that_has_ended_has_no_memory_to_report() -> None:
    with pytest.raises(ValueError, match="no VmHWM"):
        parse_status_mib("Name:\tpython\nState:\tZ (zombie)\n", "VmHWM")


def test_this_process_by_the_real_proc() -> None:
    pid, before = os.getpid(), cpu_seconds(os.getpid())
    while time.process_time() < before + 0.1:
        pass

    assert cpu_seconds(pid) >= before
    assert peak_mib(pid) >= resident_mib(pid) > 1
