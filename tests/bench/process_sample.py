"""What one process has used so far, from /proc: all its threads, also those that have ended."""

import os
from pathlib import Path

CLOCK_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
KIB_PER_MIB = 1024


def cpu_seconds(pid: int) -> float:
    return parse_cpu_ticks(Path(f"/proc/{pid}/stat").read_text()) / CLOCK_TICKS_PER_SECOND


def peak_mib(pid: int) -> float:
    return parse_status_mib(Path(f"/proc/{pid}/status").read_text(), "VmHWM")


def resident_mib(pid: int) -> float:
    return parse_status_mib(Path(f"/proc/{pid}/status").read_text(), "VmRSS")


def parse_cpu_ticks(stat: str) -> int:
    """utime + stime, fields 14 and 15 of proc(5); the command in field 2 may itself hold spaces and brackets."""
    after_command = stat[stat.rindex(")") + 1 :].split()
    return int(after_command[11]) + int(after_command[12])


def parse_status_mib(status: str, field: str) -> float:
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) / KIB_PER_MIB
    raise ValueError(f"/proc status has no {field}: the process has ended")
