"""`penstock offsets reset`: where the group reads on, chosen anew by a person and shown as a table."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from penstock.deployment_file import read_deployment_file
from penstock.local_settings import Settings
from penstock.private_folder import private_folder, write_settings
from penstock.run_options import FileOptions
from penstock_operator.render.settings import render_kafka, render_worker
from penstock_worker.offsets_reset import Move
from penstock_worker.offsets_reset import reset_offsets as apply_reset
from penstock_worker.secrets import read_secrets
from penstock_worker.settings import SettingsFiles

NAMED_PLACES = {"latest": "Latest", "earliest": "Earliest"}


def reset_offsets(options: FileOptions, to: str, *, dry_run: bool) -> None:
    """Raises `Failed` for a wrong file, and the worker's `Refused` for what the broker refuses."""
    file = read_deployment_file(options.file)
    kafka: Settings = render_kafka(file.deployment, namespace=file.namespace)
    worker: Settings = render_worker(file.deployment, namespace=file.namespace)
    with private_folder(file.secrets, options.secrets_dir) as folder:
        write_settings(folder, kafka, worker)
        settings = SettingsFiles.read(folder.config_dir).kafka
        secrets = read_secrets(settings, folder.secrets_dir)
        moves = apply_reset(settings, secrets, NAMED_PLACES.get(to.lower(), to), dry_run=dry_run)
    title = f"group {settings.consumer_group}, topic {settings.topics.input}"
    Console().print(moves_table(moves, f"{title}: would change" if dry_run else f"{title}: changed"))


def moves_table(moves: Sequence[Move], title: str) -> Table:
    table = Table("partition", "from", "to", "records", title=title, title_justify="left")
    for column in table.columns:
        column.justify = "right"
    for move in moves:
        before = "none" if move.from_offset is None else f"{move.from_offset:,}"
        table.add_row(f"{move.partition}", before, f"{move.to_offset:,}", records_text(move))
    return table


def records_text(move: Move) -> str:
    """What the move means for the records between the two places."""
    if move.from_offset is None:
        return "starts here"
    distance = move.to_offset - move.from_offset
    if distance == 0:
        return "unchanged"
    return f"{distance:,} skipped" if distance > 0 else f"{-distance:,} read again"
