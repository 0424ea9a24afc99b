"""`penstock render`: the settings that a run would hand to the worker. They name Secrets and never hold one."""

import json

import click

from penstock.deployment_file import read_deployment_file
from penstock.plan import choose_local_model, local_settings
from penstock.run_options import FileOptions, ModelOptions


def print_settings(file: FileOptions, model: ModelOptions) -> None:
    """Raises `Failed` for a file that cannot be run."""
    deployment = read_deployment_file(file.file)
    # Nothing is started, so no program need be installed: each is found under its own name.
    kafka, worker = local_settings(deployment, choose_local_model(deployment, model, find_program=str))
    click.echo(json.dumps({"kafka.json": kafka, "worker.json": worker}, indent=2, ensure_ascii=False))
