"""What is slow to make is complete or absent."""

from pathlib import Path

import pytest

from support.cache import make_once


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(aside: Path) -> None:
        made.append(aside)
        aside.write_text("content")

    target = tmp_path / "folder" / "file"
    assert make_once(target, make) == make_once(target, make) == target
    assert target.read_text() == "content"
    assert len(made) == 1
    assert made[0] != target


def test_what_failed_half_way_leaves_nothing_that_looks_complete(tmp_path: Path) -> None:
    def fail(aside: Path) -> None:
        aside.mkdir()
        (aside / "half").write_text("")
        raise ValueError("disk full")

    with pytest.raises(ValueError, match="disk full"):
        make_once(tmp_path / "target", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["target.lock"]
