"""What is slow to make, made once per machine and user: complete or absent, whoever asks at the same time."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_root() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "penstock"


def make_once(target: Path, make: Callable[[Path], None]) -> Path:
    """`target`, a file or a folder, made by `make(aside)` where it is missing.

    It is made aside and renamed, under a file lock: a run that dies half-way leaves nothing that looks complete.
    """
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target.with_name(f"{target.name}.lock")):
            if not target.exists():
                _make_aside(target, make)
    return target


def _make_aside(target: Path, make: Callable[[Path], None]) -> None:
    scratch = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        aside = scratch / target.name
        make(aside)
        aside.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Waits as long as somebody else holds it; the kernel lets go for a process that died."""
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
