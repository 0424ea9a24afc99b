"""`python -m penstock_operator run` and `render FILE`: arguments in, exit code out, no traceback."""

import argparse
import asyncio
import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

from penstock_operator.files.documents import DocumentsRefused, read_documents
from penstock_operator.files.yaml_text import dump_documents
from penstock_operator.render.children import render_all
from penstock_operator.reporting.log import place_of, set_up_logging
from penstock_operator.settings import OperatorSettings, SettingsRefused, flag

log = logging.getLogger("penstock_operator")

UNEXPECTED_EXIT_CODE: Final = 1
SETTINGS_EXIT_CODE: Final = 2
CLUSTER_EXIT_CODE: Final = 3

DEFAULT_WORKER_IMAGE: Final = "penstock-worker:latest"
"""For `render`, where any name will do."""


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="penstock_operator", description="ModelDeployments in, models on Kafka topics out."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run until SIGTERM")
    render = commands.add_parser("render", help="print what would be made of a file, without a cluster")
    render.add_argument("file", type=Path, help="ModelDeployments as YAML or JSON")
    for command in (run, render):
        for name, field in OperatorSettings.model_fields.items():
            command.add_argument(flag(name), help=field.description, metavar="VALUE")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    parsed = parse_arguments(arguments)
    set_up_logging("info")
    try:
        return _render(parsed) if parsed.command == "render" else _run(parsed)
    except SettingsRefused as refused:
        print(refused, file=sys.stderr)
        return SETTINGS_EXIT_CODE
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the last resort: its place, never its values
        log.critical(
            "unexpected error, please report it", extra={"error": type(error).__name__, "where": place_of(error)}
        )
        return UNEXPECTED_EXIT_CODE


def _run(parsed: argparse.Namespace) -> int:
    settings = _settings(parsed)
    set_up_logging(settings.log_level)
    from penstock_operator.cluster.connection import NoCredentials, load_configuration  # noqa: PLC0415 - `render` needs none
    from penstock_operator.decision.decide import decide  # noqa: PLC0415
    from penstock_operator.run import Refused, run_operator  # noqa: PLC0415

    try:
        asyncio.run(run_operator(settings, load_configuration(), decide=decide, version=version("penstock")))
    except (Refused, NoCredentials) as refused:
        log.critical(str(refused))
        return CLUSTER_EXIT_CODE
    return 0


def _render(parsed: argparse.Namespace) -> int:
    parsed.worker_image = parsed.worker_image or os.environ.get("PENSTOCK_WORKER_IMAGE") or DEFAULT_WORKER_IMAGE
    options = _settings(parsed).options(version("penstock"))
    try:
        documents = read_documents(parsed.file.read_text(), file=str(parsed.file))
    except (DocumentsRefused, OSError, UnicodeDecodeError) as error:
        print(_text_of(error, parsed.file), file=sys.stderr)
        return SETTINGS_EXIT_CODE
    manifests = [child for deployment in documents.model_deployments for child in render_all(deployment, options)]
    sys.stdout.write(dump_documents(manifests))
    return 0


def _settings(parsed: argparse.Namespace) -> OperatorSettings:
    flags = {name: getattr(parsed, name) for name in OperatorSettings.model_fields}
    return OperatorSettings.read(os.environ, flags)


def _text_of(error: Exception, file: Path) -> str:
    if isinstance(error, OSError):
        return f"{file}: {error.strerror}"
    return f"{file}: is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)


if __name__ == "__main__":
    sys.exit(main())
