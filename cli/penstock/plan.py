"""From the command line and the file to everything that a run needs, before anything is started."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.deployment_file import DeploymentFile, read_deployment_file
from penstock.failures import WRONG_USE, Failed
from penstock.free_port import free_port
from penstock.local_settings import Settings, with_local_topics, with_model, with_server_port
from penstock.model_choice import FindProgram, ModelChoice, choose_model
from penstock.private_folder import SecretFiles
from penstock.run_options import ModelOptions, RunOptions
from penstock.running_model import ModelProgram
from penstock.session import Wishes
from penstock_operator import defaults
from penstock_operator.render.settings import render_kafka, render_worker


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: settings as for this machine, secrets, and what the user asked for."""

    kafka: Settings
    worker: Settings
    secrets: SecretFiles
    secrets_dir: Path | None
    model: ModelProgram | None
    embedded_kafka: bool
    input: str | None
    summary_file: Path | None
    wishes: Wishes


def plan_run(options: RunOptions) -> Plan:
    """Raises `Failed` for a file or an option that cannot be run."""
    file = read_deployment_file(options.file.file)
    if file.deployment.spec.paused:
        raise Failed(WRONG_USE, f"{options.file.file}: spec.paused is true: no worker runs until it is false")
    model = choose_local_model(file, options.model, shutil.which)
    kafka, worker = local_settings(file, model)
    return Plan(
        kafka=kafka,
        worker=with_server_port(worker, free_port()),
        secrets=file.secrets,
        secrets_dir=options.file.secrets_dir,
        model=model.program,
        embedded_kafka=options.embedded_kafka,
        input=options.input,
        summary_file=options.summary_file,
        wishes=_wishes(options, file),
    )


def choose_local_model(file: DeploymentFile, options: ModelOptions, find_program: FindProgram) -> ModelChoice:
    """Raises `Failed` where nothing can be asked or started."""
    if options.port == 0:
        options = replace(options, port=free_port())
    return choose_model(file.deployment, options, namespace=file.namespace, find_program=find_program)


def local_settings(file: DeploymentFile, model: ModelChoice) -> tuple[Settings, Settings]:
    """kafka.json and worker.json, but for what is only known while it runs: ports and the embedded broker."""
    kafka = render_kafka(file.deployment, namespace=file.namespace)
    worker = render_worker(file.deployment, namespace=file.namespace)
    return with_local_topics(kafka), with_model(worker, model.url, external=model.external)


def _wishes(options: RunOptions, file: DeploymentFile) -> Wishes:
    return Wishes(
        print_answers=options.print_answers,
        until_drained=options.until_drained,
        sample_records=options.sample_records,
        drain_seconds=defaults.drain_seconds(file.deployment.spec.delivery),
    )
