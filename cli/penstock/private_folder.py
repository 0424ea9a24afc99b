"""Settings and secrets of one run as the worker reads them: files that nobody else can open, gone when the run ends."""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from penstock.failures import WRONG_USE, Failed

KEY = re.compile(r"(?!\.$|\.\.)[-._a-zA-Z0-9]{1,253}")  # as the API server: a file's name that leads nowhere else

SecretFiles = Mapping[str, Mapping[str, bytes]]  # Secret name -> key -> contents
SettingsFile = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PrivateFolder:
    """The two directories that the worker is started with, and the file for the pre-flight's result."""

    config_dir: Path
    secrets_dir: Path
    result_file: Path


@contextmanager
def private_folder(secrets: SecretFiles, secrets_dir: Path | None) -> Iterator[PrivateFolder]:
    """`secrets_dir` wins over Secrets of the file and is linked, not copied: a rotated file is seen by the worker."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as name:  # 0700 by contract of mkdtemp
        folder = PrivateFolder(Path(name) / "config", Path(name) / "secrets", Path(name) / "result.json")
        folder.config_dir.mkdir(mode=0o700)
        folder.secrets_dir.mkdir(mode=0o700)
        if secrets_dir is not None:
            _link_secrets(secrets_dir, folder.secrets_dir)
        _write_secrets(secrets, folder.secrets_dir)
        yield folder


def write_settings(folder: PrivateFolder, kafka: SettingsFile, worker: SettingsFile) -> None:
    _write(folder.config_dir / "kafka.json", json.dumps(kafka).encode())
    _write(folder.config_dir / "worker.json", json.dumps(worker).encode())


def _link_secrets(source: Path, target: Path) -> None:
    try:
        for secret in source.iterdir():
            if secret.is_dir():
                (target / secret.name).symlink_to(secret.resolve(), target_is_directory=True)
    except OSError as error:
        raise Failed(WRONG_USE, f"--secrets-dir {source}: {error.strerror}") from error


def _write_secrets(secrets: SecretFiles, target: Path) -> None:
    for name, keys in secrets.items():
        if (target / name).exists():
            continue
        (target / name).mkdir(mode=0o700)
        for key, contents in keys.items():
            if not KEY.fullmatch(key):
                raise Failed(WRONG_USE, f"Secret {name}: {key!r} is no key; letters, digits, '-', '_' and '.' are")
            _write(target / name / key, contents)


def _write(file: Path, contents: bytes) -> None:
    file.touch(mode=0o600)
    file.write_bytes(contents)
