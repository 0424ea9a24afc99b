"""Which model the local run asks, and what it starts for that. Pure; what is installed is an argument.

`--model-url` asks a model that runs, `--model-command` starts one, otherwise the file's own placement decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from penstock.failures import WRONG_USE, Failed
from penstock.model_container import TOOLS, container_command, unsupported_fields
from penstock.run_options import ModelOptions
from penstock.running_model import ModelProgram
from penstock_operator import defaults
from penstock_operator.api.model import Model
from penstock_operator.api.v1alpha1 import ModelDeployment

INSTEAD = "use --model-command or --model-url"

FindProgram = Callable[[str], str | None]  # as shutil.which


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Where the worker asks, and the program to start first, if any."""

    url: str
    external: bool  # somebody else runs it: the pre-flight checks that it answers
    program: ModelProgram | None = None


def choose_model(
    deployment: ModelDeployment, options: ModelOptions, *, namespace: str, find_program: FindProgram
) -> ModelChoice:
    """A port of 0 was replaced by a free one before. Raises `Failed` where nothing can be asked or started."""
    model, path = deployment.spec.model, defaults.model_path(deployment)
    if options.url:
        return ModelChoice(_with_path(options.url, path), external=True)
    placement = defaults.placement(model)
    if placement == "External" and not options.command:
        return ModelChoice(defaults.model_url(deployment, namespace=namespace), external=True)
    port = options.port or defaults.model_port(model)
    command, environment = _command(model, options, port, find_program)
    program = ModelProgram(command, port, model.startup_timeout_seconds, environment)
    return ModelChoice(f"http://127.0.0.1:{port}{path}", external=False, program=program)


def _command(
    model: Model, options: ModelOptions, port: int, find_program: FindProgram
) -> tuple[list[str], dict[str, str]]:
    if options.command:
        return ["/bin/sh", "-c", options.command], {"PORT": str(port)}  # as it would be typed
    if model.entrypoint is not None:
        raise Failed(WRONG_USE, f"spec.model.entrypoint: this version runs no Embedded models; {INSTEAD}")
    return _container(model, find_program, port), {}


def _container(model: Model, find_program: FindProgram, port: int) -> list[str]:
    tool = next((tool for tool in TOOLS if find_program(tool)), None)
    if tool is None:
        raise Failed(WRONG_USE, f"spec.model.image: neither docker nor podman is installed here; {INSTEAD}")
    refused = unsupported_fields(model)
    if refused:
        raise Failed(WRONG_USE, f"{', '.join(refused)}: only a cluster has that; {INSTEAD}")
    return container_command(tool, model, host_port=port, model_port=defaults.model_port(model))


def _with_path(url: str, path: str) -> str:
    """A bare `--model-url` gets the path that the protocol asks for."""
    parts = urlsplit(url)
    return url if parts.path.strip("/") else parts._replace(path=path).geturl()
