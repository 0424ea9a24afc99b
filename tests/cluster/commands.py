"""Edge: programs that run to their end."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from cluster.errors import ClusterUnavailableError

_SYSTEM_FOLDERS = "/usr/local/go/bin:/usr/local/sbin:/usr/sbin:/sbin"
_SHOWN_CHARACTERS = 4000


def find(program: str) -> str | None:
    """Also where an ordinary user's PATH does not look."""
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:{_SYSTEM_FOLDERS}")


def run(
    command: Sequence[str | Path],
    *,
    timeout_seconds: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Its standard output. Raises `ClusterUnavailableError` with the end of what it wrote if it fails."""
    shown = " ".join(str(part) for part in command)
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
    except FileNotFoundError as error:
        raise ClusterUnavailableError(f"`{error.filename}` is missing, wanted by `{shown}`") from None
    except subprocess.TimeoutExpired:
        raise ClusterUnavailableError(f"`{shown}` did not end within {timeout_seconds:g} s") from None
    if done.returncode != 0:
        output = f"{done.stdout}{done.stderr}".strip()[-_SHOWN_CHARACTERS:]
        raise ClusterUnavailableError(f"`{shown}` ended with {done.returncode}:\n{output}")
    return done.stdout
