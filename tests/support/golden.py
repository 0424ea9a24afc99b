"""Files that hold what a reviewer agreed to."""

import os
from pathlib import Path


def assert_golden(file: Path, text: str) -> None:
    """The text is what the file holds; with `PENSTOCK_UPDATE_GOLDEN=1` the file becomes what the text is."""
    if os.environ.get("PENSTOCK_UPDATE_GOLDEN") == "1":
        file.write_text(text)
    assert file.is_file(), f"{file.name} is missing; PENSTOCK_UPDATE_GOLDEN=1 writes it"
    assert text == file.read_text(), f"{file.name} differs; PENSTOCK_UPDATE_GOLDEN=1 writes it anew"
