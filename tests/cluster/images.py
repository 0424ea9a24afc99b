"""Which images there are: the cluster's own, ours, and the models of the tests."""

from functools import cache
from pathlib import Path

from cluster import go_programs
from cluster.debian import root_archive
from cluster.go_build import binary
from cluster.image_build import Builder
from cluster.image_recipes import NON_ROOT, Image, static_binary
from support.cache import cache_root

_REPOSITORY_ROOT = Path(__file__).resolve().parents[2]
_MODEL = Path(__file__).with_name("model")
FOLDER = cache_root() / "cluster" / "images"


def pause() -> Image:
    """What holds a pod's namespaces."""
    return static_binary("pause", binary(go_programs.PAUSE), "/pause")


def coredns() -> Image:
    return static_binary("coredns", binary(go_programs.COREDNS), "/coredns")


def keda() -> Image:
    """KEDA's manifests name the program."""
    return static_binary("keda", binary(go_programs.KEDA_OPERATOR), "/keda")


def keda_adapter() -> Image:
    return static_binary("keda-adapter", binary(go_programs.KEDA_ADAPTER), "/keda-adapter")


def of_the_cluster() -> tuple[Image, ...]:
    return pause(), coredns(), keda(), keda_adapter()


@cache
def base() -> Image:
    """Of the shape of the published Python images: Debian, Python, certificates, root by default."""
    return Image("penstock-base", 'FROM scratch\nADD root.tar /\nCMD ["python3"]\n', {"root.tar": root_archive(FOLDER)})


def worker() -> Image:
    return _ours("worker", "requirements/worker.lock", "worker/penstock_worker")


def operator() -> Image:
    return _ours("operator", "requirements/operator.lock", "operator/penstock_operator", "pyproject.toml")


def _ours(part: str, lock: str, *copied: str) -> Image:
    """Exactly what its Dockerfile copies, so that no other change builds it anew."""
    return Image(
        f"penstock-{part}",
        (_REPOSITORY_ROOT / part / "Dockerfile").read_text(),
        {path: _REPOSITORY_ROOT / path for path in (lock, *copied)},
        base=base(),
        wheels=_REPOSITORY_ROOT / lock,
    )


def model() -> Image:
    return _model("model", f"USER {NON_ROOT}\n")


def model_as_root() -> Image:
    """Says nothing of its user, as most images do."""
    return _model("model-as-root", "")


def _model(name: str, user: str) -> Image:
    text = (_MODEL / "Containerfile").read_text() + user
    return Image(name, text, {"model.py": _MODEL / "model.py"}, base=base())


def builder() -> Builder:
    return Builder(FOLDER)
