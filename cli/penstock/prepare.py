"""The pre-flight as a child process: the same program that the cluster runs as a Job, with the same deadline."""

import json
import time
from collections.abc import Mapping
from typing import Any

from penstock.child_process import ChildProcess, ended_text
from penstock.failures import Failed
from penstock.private_folder import PrivateFolder
from penstock.screen import Screen
from penstock.stopping import StopRequests
from penstock.worker_log import parse_log_line
from penstock.worker_process import shell_exit_code, show_log_line, worker_command

DEADLINE_SECONDS = 120
STOP_SECONDS = 2

START_ANEW = " (`penstock offsets reset` starts anew)"


def prepare(folder: PrivateFolder, stop: StopRequests, screen: Screen) -> None:
    """Raises `Failed` with the pre-flight's own exit code, reason and message."""
    child = ChildProcess(
        "pre-flight",
        worker_command("prepare", folder, "--mode", "apply", "--result-file", str(folder.result_file)),
        on_line=lambda line: show_log_line(line, screen) if screen.verbose else None,
        only_stderr=True,
    )
    try:
        _wait(child, stop)
    finally:
        exit_code = child.stop(STOP_SECONDS)
    result = _read_result(folder)
    if exit_code != 0:
        raise Failed(shell_exit_code(exit_code), failure_text(result) or _last_words(child, exit_code))
    _show_remarks(result, screen)


def _wait(child: ChildProcess, stop: StopRequests) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while child.exit_code is None:
        if time.monotonic() > deadline:
            raise Failed(1, f"the pre-flight did not end within {DEADLINE_SECONDS} s")
        stop.step()


def _read_result(folder: PrivateFolder) -> Mapping[str, Any]:
    """Empty when it ended before it could write one."""
    try:
        result = json.loads(folder.result_file.read_text())
    except (OSError, ValueError):
        return {}
    return result if isinstance(result, dict) else {}


def failure_text(result: Mapping[str, Any]) -> str:
    reason, message = result.get("reason"), result.get("message")
    return f"{reason}: {message}" if reason and message else ""


def _last_words(child: ChildProcess, exit_code: int) -> str:
    said = "; ".join(parse_log_line(line).text for line in child.tail)
    return f"the pre-flight {ended_text(exit_code)}: {said or '(it said nothing)'}"


def _show_remarks(result: Mapping[str, Any], screen: Screen) -> None:
    screen.message(f"pre-flight: {result.get('message', 'passed')}{START_ANEW if result.get('groupResumed') else ''}")
    for warning in result.get("warnings", ()):
        screen.warning(f"pre-flight: {warning}")
    skipped = result.get("skipped", ())
    if screen.verbose:
        for check in skipped:
            screen.message(f"pre-flight, not checked: {check}")
    elif skipped:
        screen.message(f"pre-flight: {len(skipped)} checks skipped that this broker does not answer; -v lists them")
