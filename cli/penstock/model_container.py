"""The model's image as a `docker run` (or `podman run`) command line. Pure.

The container is as confined as the pod would be. What it cannot be given on one machine is refused by name, since a
model that starts without its volume or its variables answers wrongly rather than not at all.
"""

from collections.abc import Iterator

from penstock_operator.api.model import Model

TOOLS = ("docker", "podman")

_PULL = {"Always": "always", "IfNotPresent": "missing", "Never": "never"}


def unsupported_fields(model: Model) -> list[str]:
    """Fields of `spec.model` that need a cluster."""
    needs_cluster = {
        "envFrom": bool(model.env_from),
        "env[].valueFrom": any(variable.value_from is not None for variable in model.env),
        "volumeMounts": bool(model.volume_mounts),
    }
    return [f"spec.model.{field}" for field, is_used in needs_cluster.items() if is_used]


def container_command(tool: str, model: Model, *, host_port: int, model_port: int) -> list[str]:
    """Runs in the foreground, listens on the loopback address alone, and leaves nothing behind."""
    return [
        *(tool, "run", "--rm", "--init", "--publish", f"127.0.0.1:{host_port}:{model_port}"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp"),  # noqa: S108 - the container's
        *_options(model),
        str(model.image),
        *_words(model),
    ]


def _options(model: Model) -> Iterator[str]:
    security = model.security_context
    if security.read_only_root_filesystem:
        yield "--read-only"
    if security.run_as_user is not None:
        yield from (
            "--user",
            ":".join(str(part) for part in (security.run_as_user, security.run_as_group) if part is not None),
        )
    if model.image_pull_policy:
        yield from ("--pull", _PULL[model.image_pull_policy])
    for variable in model.env:
        yield from ("--env", f"{variable.name}={variable.value or ''}")
    if model.command:
        yield from ("--entrypoint", model.command[0])


def _words(model: Model) -> Iterator[str]:
    """Kubernetes' `command` is the entrypoint, of which docker takes one word; the rest goes before `args`."""
    yield from model.command[1:]
    yield from model.args
