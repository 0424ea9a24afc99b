"""A line of the worker's log (one JSON object) as people read it. Pure.

Anything that is no such object is shown as it is: the last words of a dying process matter most.
"""

import json
from dataclasses import dataclass

LEVELS = ("debug", "info", "warning", "error", "critical")
_KNOWN = {"level", "message", "time", "timestamp", "logger"}


@dataclass(frozen=True, slots=True)
class LogLine:
    """`level` is lower case; lines that are no JSON object count as warnings, so they are shown."""

    level: str
    text: str

    @property
    def is_urgent(self) -> bool:
        return self.level not in ("debug", "info")


def parse_log_line(line: str) -> LogLine:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or "message" not in entry:
        return LogLine("warning", line)
    level = str(entry.get("level", "warning")).lower()
    rest = " ".join(f"{name}={value}" for name, value in entry.items() if name not in _KNOWN)
    return LogLine(level, f"{entry['message']} {rest}".rstrip())
