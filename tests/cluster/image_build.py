"""Edge: builds images with buildah in a store of its own, and keeps each as an archive that containerd imports."""

import json
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from cluster import commands
from cluster.image_recipes import Image, content_hash
from support.cache import make_once

_BUILD_SECONDS = 600
_WHEELS_SECONDS = 300
_PYTHON_OF_IMAGES = "3.11"
_WHEELS_INSIDE = "/wheels"
_KEPT_ARCHIVES = 2
_ACCEPT_ANYTHING = {"default": [{"type": "insecureAcceptAnything"}]}  # what it reads was made here


class Builder:
    """`folder` holds archives, wheels and buildah's store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def archive(self, image: Image) -> Path:
        """Built where it is missing; a warm build of our own images takes some ten seconds."""
        return make_once(self._archive_file(image), partial(self._build_archive, image))

    def prune(self, image: Image) -> None:
        """Forget all but the newest archives of this name."""
        archives = sorted(self.folder.glob(f"{image.name}-*.tar"), key=lambda file: -file.stat().st_mtime)
        for file in archives[_KEPT_ARCHIVES:]:
            if file != self._archive_file(image):
                file.unlink()
                self._buildah("rmi", f"{image.reference.rpartition(':')[0]}:{file.stem.rpartition('-')[2]}")

    def _archive_file(self, image: Image) -> Path:
        return self.folder / f"{image.name}-{image.key}.tar"

    def _build_archive(self, image: Image, aside: Path) -> None:
        started = time.monotonic()
        self._ensure_stored(image)
        self._buildah("push", image.reference, f"docker-archive:{aside}:{image.reference}")
        seconds = time.monotonic() - started
        print(f"cluster: built image {image.reference} in {seconds:.0f} s", file=sys.stderr, flush=True)

    def _ensure_stored(self, image: Image) -> None:
        known = self._buildah("images", "--format", "{{.Name}}:{{.Tag}}").split()
        if image.reference in known:
            return
        if image.base is not None:
            self._ensure_stored(image.base)
        with tempfile.TemporaryDirectory(prefix="penstock-image-") as context:
            _fill(Path(context), image)
            self._buildah("build", *self._options(image), context)

    def _options(self, image: Image) -> list[str]:
        arguments: dict[str, str] = {}
        options = ["--layers", "--isolation=chroot", "--pull-never", f"--tag={image.reference}"]
        if image.base is not None:
            arguments["BASE"] = image.base.reference
        if image.wheels is not None:
            folder = self.folder / f"wheels-{content_hash(image.wheels)}"
            wheels = make_once(folder, partial(_download_wheels, image.wheels))
            options.append(f"--volume={wheels}:{_WHEELS_INSIDE}:ro")
            arguments |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": _WHEELS_INSIDE}
        return [*options, *(f"--build-arg={name}={value}" for name, value in arguments.items())]

    def _buildah(self, command: str, *arguments: str) -> str:
        policy = self.folder / "signature-policy.json"
        if not policy.exists():
            policy.parent.mkdir(parents=True, exist_ok=True)
            policy.write_text(json.dumps(_ACCEPT_ANYTHING))
        store = ["--storage-driver=overlay", f"--root={self.folder}/store", f"--runroot={self.folder}/store-run"]
        policies = [f"--signature-policy={policy}"] if command in ("build", "push") else []
        return commands.run(["buildah", *store, command, *policies, *arguments], timeout_seconds=_BUILD_SECONDS)


def _fill(context: Path, image: Image) -> None:
    (context / "Containerfile").write_text(image.containerfile)
    for name, place in image.context.items():
        target = context / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.copytree(place, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(place, target)


def _download_wheels(lock: Path, aside: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--only-binary", ":all:"]
    target = ["--python-version", _PYTHON_OF_IMAGES, "--dest", str(aside)]
    commands.run([*pip, *target, "-r", lock], timeout_seconds=_WHEELS_SECONDS)
