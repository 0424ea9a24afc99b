"""Edge: the images that the node has."""

from collections.abc import Iterable
from pathlib import Path

from cluster import commands
from cluster.image_build import Builder
from cluster.image_recipes import REPOSITORY, Image

_IMPORT_SECONDS = 120
_NAMESPACE = "k8s.io"  # the one that kubelet sees


class ImageStore:
    def __init__(self, socket: Path, builder: Builder) -> None:
        self._socket = socket
        self._builder = builder

    def load(self, images: Iterable[Image]) -> None:
        """Build what no archive has, import what the node lacks, forget older contents of the same names."""
        present = set(self._ctr("ls", "-q").split())
        for image in images:
            if image.reference not in present:
                self._ctr("import", str(self._builder.archive(image)))
                self._forget_others(image, present)
                self._builder.prune(image)

    def _forget_others(self, image: Image, present: Iterable[str]) -> None:
        name = f"{REPOSITORY}/{image.name}:"
        others = [reference for reference in present if reference.startswith(name)]
        if others:
            self._ctr("rm", *others)

    def _ctr(self, command: str, *arguments: str) -> str:
        ctr = ["ctr", f"--address={self._socket}", f"--namespace={_NAMESPACE}", "images", command, *arguments]
        return commands.run(ctr, timeout_seconds=_IMPORT_SECONDS)
