"""What the user asked for on the command line, as one value each."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileOptions:
    """The deployment and its secrets."""

    file: Path
    secrets_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Which model is asked instead of the file's."""

    command: str | None = None
    url: str | None = None
    port: int | None = None  # where a model that is started here listens; 0 picks a free one


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`penstock run`."""

    file: FileOptions
    model: ModelOptions
    embedded_kafka: bool = False
    input: str | None = None
    print_answers: bool = False
    until_drained: bool = False
    sample_records: int = 3
    summary_file: Path | None = None
    verbose: bool = False
