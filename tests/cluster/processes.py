"""Edge: the cluster's own processes. They outlive whoever started them and are ended by their recorded pid."""

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cluster.layout import Layout
from support.waiting import wait_until

_DEATH_SECONDS = 20
_STATE, _START_TIME = 2, 21  # fields of /proc/PID/stat, from 0

# The shell ends at once and init inherits the process: whoever asked for the cluster has no child to wait for.
_DETACHED = 'setsid "$@" >>"$LOG" 2>&1 </dev/null & echo $!'


def start(layout: Layout, name: str, command: Sequence[str]) -> None:
    """Start it, output into `logs/NAME.log`, its pid with its start time into `pids/NAME`."""
    layout.pids.mkdir(parents=True, exist_ok=True)
    layout.logs.mkdir(parents=True, exist_ok=True)
    log = layout.logs / f"{name}.log"
    log.unlink(missing_ok=True)
    done = subprocess.run(
        ["sh", "-c", _DETACHED, "sh", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LOG": str(log)},
    )
    pid = int(done.stdout)
    (layout.pids / name).write_text(json.dumps({"pid": pid, "started": _start_time(pid)}))


def running(layout: Layout, name: str) -> bool:
    return _recorded(layout, name) is not None


def names(layout: Layout) -> list[str]:
    """Every process that was started, running or not."""
    return sorted(file.name for file in layout.pids.iterdir()) if layout.pids.exists() else []


def end(layout: Layout, name: str, number: signal.Signals = signal.SIGKILL) -> None:
    """Returns when it is gone; nothing happens if it is not ours any more."""
    pid = _recorded(layout, name)
    if pid is not None:
        os.kill(pid, number)
        wait_until(f"{name} (pid {pid}) has ended", lambda: not running(layout, name), _DEATH_SECONDS)
    (layout.pids / name).unlink(missing_ok=True)


def log_tail(layout: Layout, name: str, lines: int = 15) -> str:
    file = layout.logs / f"{name}.log"
    return "\n".join(file.read_text(errors="replace").splitlines()[-lines:]) if file.exists() else "(no log)"


def _recorded(layout: Layout, name: str) -> int | None:
    """The pid, if that process still runs: a pid alone might be somebody else's by now."""
    file = layout.pids / name
    if not file.exists():
        return None
    recorded = json.loads(file.read_text())
    pid: int = recorded["pid"]
    return pid if _start_time(pid) == recorded["started"] is not None else None


def _start_time(pid: int) -> str | None:
    """None for a process that is gone, or a zombie that init has not yet collected."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name_end = text.rindex(")")
    fields = ["", "", *text[name_end + 1 :].split()]
    return None if fields[_STATE] in "ZX" else fields[_START_TIME]
