"""A benchmark without its model says so, and what to do."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench.models import NginxMissingError, running_models


def test_a_missing_nginx_that_cannot_be_installed_names_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(command: list[str], *, check: bool, **_: Any) -> None:
        if check:
            raise subprocess.CalledProcessError(100, command)

    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(subprocess, "run", refused)

    with pytest.raises(
        NginxMissingError,
        match=r"could not be installed \(exit code 100\); run `apt-get install .*nginx-light` as root",
    ):
        running_models(tmp_path).__enter__()
    assert "nginx is missing" in capsys.readouterr().err
