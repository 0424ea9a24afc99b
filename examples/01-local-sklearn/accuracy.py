"""Judges the answers that `penstock run --print` wrote: the key of a record names the true digit.

Usage: accuracy.py ANSWERS.tsv
"""

import json
import sys
from pathlib import Path

BAD = "bad"


def main(answers_file: Path) -> None:
    """Exit code 1 when an answer is missing its digit, or a malformed record was answered or a good one refused."""
    right = wrong = misplaced = 0
    for line in answers_file.read_text().splitlines():
        kind, _position, key, _code, value = line.split("\t")
        label = key.split("/")[0]
        if (kind == "error") != (label == BAD):
            misplaced += 1
        elif label != BAD:
            right, wrong = (right + 1, wrong) if json.loads(value)["digit"] == int(label) else (right, wrong + 1)
    print(f"accuracy  {right / max(right + wrong, 1):.1%} of {right + wrong:,} held-out digits")
    if misplaced or not right:
        sys.exit(f"{misplaced} records on the wrong topic, {right} right answers")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
