"""Images, each named by a hash of everything that goes into it: equal content is never built twice."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

REPOSITORY = "localhost"
NON_ROOT = "65532:65532"
_KEY_LENGTH = 12


@dataclass(frozen=True)
class Image:
    """`context`: path inside the build's context -> a file or a folder. `base` is given as the argument BASE.

    There are no other arguments: buildah 1.28 takes a step from its cache although an argument of it has changed.
    """

    name: str
    containerfile: str
    context: Mapping[str, Path] = field(default_factory=dict)
    base: "Image | None" = None
    wheels: Path | None = None
    """A lock file, whose wheels the build finds in a folder instead of an index."""

    @cached_property
    def key(self) -> str:
        digest = hashlib.sha256(self.containerfile.encode())
        for name, file in sorted(_files(self.context)):
            digest.update(f"\0{name}\0{content_hash(file)}".encode())
        digest.update(f"\0{self.base.key if self.base else ''}".encode())
        return digest.hexdigest()[:_KEY_LENGTH]

    @property
    def reference(self) -> str:
        return f"{REPOSITORY}/{self.name}:{self.key}"


def static_binary(name: str, binary: Path, path: str) -> Image:
    """An image of nothing but one program at `path`. The numeric user is what `runAsNonRoot` asks for."""
    lines = ("FROM scratch", f"COPY --chmod=0755 program {path}", f"USER {NON_ROOT}", f'ENTRYPOINT ["{path}"]')
    return Image(name, "\n".join(lines) + "\n", {"program": binary})


def _files(context: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    for name, place in context.items():
        if place.is_dir():
            inside = (file for file in place.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
            yield from ((f"{name}/{file.relative_to(place)}", file) for file in inside)
        else:
            yield name, place


def content_hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
