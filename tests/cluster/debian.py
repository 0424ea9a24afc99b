"""Edge: a small Debian with Python, made from the machine's own package source, in place of a base from a registry."""

import os
import shutil
import sys
from pathlib import Path

from cluster import commands, versions
from cluster.errors import ClusterUnavailableError
from support.cache import make_once

_PACKAGES = ("ca-certificates", "python3", "python3-venv")
_LEFT_OUT = (
    *("dev/*", "proc/*", "sys/*", "tmp/*", "var/log/*", "var/cache/*", "var/lib/apt/lists/*"),
    *("usr/share/doc/*", "usr/share/info/*", "usr/share/locale/*", "usr/share/man/*"),
)
_DEBOOTSTRAP_SECONDS = 900


def root_archive(folder: Path) -> Path:
    """A tar of the root file system, in `folder`; about two minutes the first time."""
    name = f"{versions.DEBIAN_RELEASE}-{'-'.join(_PACKAGES)}.tar"
    return make_once(folder / name, _make)


def _make(aside: Path) -> None:
    print("cluster: making the base of the images (once per machine)", file=sys.stderr, flush=True)
    root = aside.with_suffix(".root")
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", versions.DEBIAN_RELEASE]
    try:
        commands.run([*command, root, _mirror()], timeout_seconds=_DEBOOTSTRAP_SECONDS, env={"PATH": _path()})
        excluded = [f"--exclude=./{pattern}" for pattern in _LEFT_OUT]
        commands.run(["tar", "--numeric-owner", *excluded, "-C", root, "-cf", aside, "."], timeout_seconds=300)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _mirror() -> str:
    """Where apt itself gets this release from."""
    which = ["indextargets", "--format", "$(REPO_URI)", f"Codename: {versions.DEBIAN_RELEASE}"]
    found = commands.run(["apt-get", *which], timeout_seconds=60).split()
    if not found:
        raise ClusterUnavailableError(f"apt knows no source of Debian {versions.DEBIAN_RELEASE}")
    return found[0]


def _path() -> str:
    """debootstrap calls programs of /usr/sbin."""
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
