"""The reference pages under `docs/` are what the code says now, and the check that holds them so is able to fail."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT / "scripts" / "generate_docs.py"


def generate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, GENERATOR, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_no_generated_page_is_out_of_date() -> None:
    ended = generate("--check")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_page_that_was_edited_or_lost_is_named_and_mended(tmp_path: Path) -> None:
    assert generate("--folder", tmp_path).returncode == 0
    assert generate("--check", "--folder", tmp_path).returncode == 0
    (tmp_path / "metrics.md").write_text("edited by hand\n")
    (tmp_path / "reasons.md").unlink()

    ended = generate("--check", "--folder", tmp_path)

    assert ended.returncode == 1
    assert [line.partition(":")[0] for line in ended.stderr.splitlines()] == [
        str(tmp_path / "metrics.md"),
        str(tmp_path / "reasons.md"),
    ]
    assert generate("--folder", tmp_path).returncode == 0
    assert (tmp_path / "metrics.md").read_text() == (ROOT / "docs" / "metrics.md").read_text()
