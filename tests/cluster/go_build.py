"""Edge: builds Go programs into the cache. The slow part of a cold start: about 22 minutes on two cores for all."""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from functools import partial
from itertools import groupby
from pathlib import Path

from cluster import commands
from cluster.errors import ClusterUnavailableError
from cluster.go_programs import GoModule, GoProgram, staging_replacements
from support.cache import cache_root, make_once

_BUILD_SECONDS = 2400
_DOWNLOAD_SECONDS = 900
_ENVIRONMENT = {"CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-buildvcs=false"}


def binary(program: GoProgram) -> Path:
    """Where it is, once built."""
    return cache_root() / "cluster" / "bin" / program.file_name


def ensure_built(programs: Iterable[GoProgram]) -> None:
    """Build what the cache lacks; programs of one module share the copy of its source."""
    missing = [program for program in programs if not binary(program).exists()]
    for module, of_module in groupby(missing, key=lambda program: program.module):
        with tempfile.TemporaryDirectory(prefix="penstock-go-") as folder:
            source = _source(module, Path(folder, "source"))
            for program in of_module:
                make_once(binary(program), partial(_build, program, source))


def module_folder(module: GoModule) -> Path:
    """The module as published, read-only, in Go's own cache."""
    found = commands.run(
        [_go(), "mod", "download", "-json", str(module)], timeout_seconds=_DOWNLOAD_SECONDS, env=_ENVIRONMENT
    )
    return Path(json.loads(found)["Dir"])


def _source(module: GoModule, folder: Path) -> Path:
    """A copy: Go refuses to take a folder of its module cache as the main module."""
    shutil.copytree(module_folder(module), folder, copy_function=shutil.copyfile)
    for inner in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        inner.chmod(0o755)
    for name, text in module.added_files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    if module.staging_version:
        _use_published_staging(folder, module.staging_version)
    return folder


def _use_published_staging(folder: Path, version: str) -> None:
    edit = [_go(), "mod", "edit"]
    go_mod = json.loads(commands.run([*edit, "-json"], timeout_seconds=60, env=_ENVIRONMENT, cwd=folder))
    commands.run([*edit, *staging_replacements(go_mod, version)], timeout_seconds=60, env=_ENVIRONMENT, cwd=folder)


def _build(program: GoProgram, source: Path, aside: Path) -> None:
    print(f"cluster: building {program.name} {program.module.version} (once per machine)", file=sys.stderr, flush=True)
    started = time.monotonic()
    build = ["nice", "-n", "10", *program.build_command(_go(), str(aside))]
    commands.run(build, timeout_seconds=_BUILD_SECONDS, env=_ENVIRONMENT, cwd=source)
    print(f"cluster: built {program.name} in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def _go() -> str:
    found = commands.find("go")
    if found is None:
        raise ClusterUnavailableError("the cluster is built from Go modules and `go` (1.25 or newer) is not on PATH")
    return found
