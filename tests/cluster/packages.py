"""Edge: programs of the distribution."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from cluster import commands
from cluster.errors import ClusterUnavailableError

_INSTALL_SECONDS = 600
_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive"}
# Where this file is, as in containers, a package does not start its service: nobody wants a containerd of the system.
_SERVICES_STAY_OFF = Path("/usr/sbin/policy-rc.d")


def ensure_installed(programs: Mapping[str, str]) -> None:
    """`programs`: what must be found (a name, or an absolute path) -> the package that brings it."""
    missing = {program: package for program, package in programs.items() if not _present(program)}
    if missing:
        _install(sorted(set(missing.values())))
    still = sorted(program for program in missing if not _present(program))
    if still:
        raise ClusterUnavailableError(f"{', '.join(still)} still missing after `apt-get install`")


def _present(program: str) -> bool:
    return Path(program).exists() if program.startswith("/") else commands.find(program) is not None


def _install(packages: list[str]) -> None:
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or not _SERVICES_STAY_OFF.exists():
        raise ClusterUnavailableError(f"Debian packages are missing; run as root: {' '.join(command)}")
    print(f"cluster: {' '.join(command)}", file=sys.stderr, flush=True)
    commands.run(["apt-get", "update", "-q"], timeout_seconds=_INSTALL_SECONDS, env=_ENVIRONMENT)
    commands.run(command, timeout_seconds=_INSTALL_SECONDS, env=_ENVIRONMENT)
