"""The command line: options and their help. What a command does is imported when it runs, so that help is quick."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from penstock.answer_lines import FORMAT as ANSWER_FORMAT
from penstock.input_lines import FORMAT as INPUT_FORMAT
from penstock.run_options import FileOptions, ModelOptions, RunOptions

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.option(
    "-f",
    "--file",
    required=True,
    type=click.Path(path_type=Path),
    help="YAML with one ModelDeployment, as for kubectl, and perhaps with Secrets.",
)
SECRETS_DIR = click.option(
    "--secrets-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of secret files, <secret>/<key>; wins over Secrets in the file.",
)
MODEL_COMMAND = click.option(
    "--model-command", metavar="COMMAND", help="Start the model by this shell command; its port is in $PORT."
)
MODEL_URL = click.option("--model-url", metavar="URL", help="Ask the model that runs there already.")
MODEL_PORT = click.option(
    "--model-port",
    type=click.IntRange(0, 65535),
    help="Where the model started here listens, instead of the file's port; 0 picks a free one.",
)


def file_and_model_options(command: Command) -> Command:
    for option in (MODEL_PORT, MODEL_URL, MODEL_COMMAND, SECRETS_DIR, FILE):
        command = option(command)
    return command


def model_options(command: str | None, url: str | None, port: int | None) -> ModelOptions:
    if command and url:
        raise click.UsageError("--model-command and --model-url exclude each other")
    return ModelOptions(command, url, port)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="penstock", message="%(prog)s %(version)s")
def penstock() -> None:
    """Machine-learning models on Kafka topics: records in, predictions out, errors apart."""


@penstock.command(
    short_help="Run a ModelDeployment on this machine.",
    epilog="Exit codes: 0 stopped or drained, 1 stopped before all records were answered, 2 wrong file or option, "
    "3 broker unreachable, 4 to 14 another reason of the worker, named in the message.",
)
@file_and_model_options
@click.option("--embedded-kafka", is_flag=True, help="Bring a broker along, in memory: for trying only.")
@click.option(
    "--input", "input_name", metavar="FILE", help=f"Feed records from a file, or - for stdin: {INPUT_FORMAT}."
)
@click.option("--print", "print_answers", is_flag=True, help=f"Print answers to stdout: {ANSWER_FORMAT}.")
@click.option("--until-drained", is_flag=True, help="End when every record of --input was answered.")
@click.option("--summary", metavar="FILE", type=click.Path(path_type=Path), help="Write the counts of --input as JSON.")
@click.option("--samples", default=3, show_default=True, type=click.IntRange(0, 100), help="Answers in the summary.")
@click.option("-v", "--verbose", is_flag=True, help="Show all log lines of worker and model.")
def run(
    *,
    file: Path,
    secrets_dir: Path | None,
    model_command: str | None,
    model_url: str | None,
    model_port: int | None,
    embedded_kafka: bool,
    input_name: str | None,
    print_answers: bool,
    until_drained: bool,
    summary: Path | None,
    samples: int,
    verbose: bool,
) -> None:
    """Run a ModelDeployment on this machine: the same file, rules, settings and worker as in a cluster.

    Without --until-drained it runs until Ctrl-C or SIGTERM, which lets the worker finish what it has begun; a second
    one ends it at once.
    """
    if input_name is None and (until_drained or summary):
        raise click.UsageError("--until-drained and --summary need --input")
    options = RunOptions(
        FileOptions(file, secrets_dir),
        model_options(model_command, model_url, model_port),
        embedded_kafka=embedded_kafka,
        input=input_name,
        print_answers=print_answers,
        until_drained=until_drained,
        sample_records=samples,
        summary_file=summary,
        verbose=verbose,
    )
    from penstock.local_run import run_locally  # noqa: PLC0415 - help stays quick

    run_locally(options)


@penstock.command(short_help="Print the settings that a run would use.")
@file_and_model_options
def render(
    file: Path, secrets_dir: Path | None, model_command: str | None, model_url: str | None, model_port: int | None
) -> None:
    """Print kafka.json and worker.json as `penstock run` would hand them to the worker. Never a secret."""
    from penstock.render import print_settings  # noqa: PLC0415 - help stays quick

    print_settings(FileOptions(file, secrets_dir), model_options(model_command, model_url, model_port))


@penstock.group()
def offsets() -> None:
    """Where the consumer group of a ModelDeployment stands."""


@offsets.command(short_help="Move the consumer group; nothing may run.")
@FILE
@SECRETS_DIR
@click.option("--to", required=True, metavar="WHERE", help="latest, earliest, or a time such as 2030-01-31T12:00:00Z.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
def reset(file: Path, secrets_dir: Path | None, to: str, dry_run: bool) -> None:
    """Commit new offsets for the consumer group: records are read again, or skipped. No worker may be running."""
    from penstock.offsets import reset_offsets  # noqa: PLC0415 - help stays quick

    reset_offsets(FileOptions(file, secrets_dir), to, dry_run=dry_run)
