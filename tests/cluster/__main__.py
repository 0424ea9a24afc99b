"""`python -m cluster up|down|build|images`: the test cluster, outside of a test run."""

import sys

from cluster import images, lifecycle
from cluster.errors import ClusterUnavailableError


def up() -> None:
    lifecycle.up()
    print(f"export KUBECONFIG={lifecycle.LAYOUT.control_plane.kubeconfig}")


def build() -> None:
    lifecycle.ensure_available()


def build_images() -> None:
    ours = (images.worker(), images.operator(), images.model(), images.model_as_root())
    lifecycle.ensure_images(ours)
    if lifecycle.is_up():
        lifecycle.image_store().load(ours)
    for image in ours:
        print(image.reference)


_COMMANDS = {"up": up, "down": lifecycle.down, "build": build, "images": build_images}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in _COMMANDS:
        print(f"{__doc__}", file=sys.stderr)
        return 2
    try:
        _COMMANDS[arguments[0]]()
    except ClusterUnavailableError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
