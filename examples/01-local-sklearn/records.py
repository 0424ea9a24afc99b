"""Writes the held-out digits as input lines, several times over, with malformed records among them.

Usage: records.py HELD_OUT.json RECORDS.tsv

A line is `key<TAB>value`. The key is `label/number`, such as `7/00012`, so an answer can be judged by its key alone;
`bad/number` marks a record that no model could answer.
"""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

COPIES = 10
BAD_EVERY = 40
SEED = 42

BAD_VALUES = (
    '{"pixels": [0, 1, 2',  # cut off
    "seven",  # not JSON
    "null",
    r"\N",  # a null value: Kafka's tombstone
    "",  # an empty value
    "[]",
    '{"image": "seven.png"}',  # the field is missing
    '{"pixels": null}',
    '{"pixels": [0, 1, 2]}',  # too short
    json.dumps({"pixels": ["0"] * 64}),  # text for numbers
    json.dumps({"pixels": [0] * 63 + [9999]}),  # brighter than white
    json.dumps({"pixels": [0] * 65}),  # too long
)


def lines(held_out: list[dict[str, object]]) -> Iterator[str]:
    order = random.Random(SEED)
    number = 0
    for _ in range(COPIES):
        for digit in order.sample(held_out, len(held_out)):
            number += 1
            if number % BAD_EVERY == 0:
                yield f"bad/{number:05}\t{BAD_VALUES[number // BAD_EVERY % len(BAD_VALUES)]}"
            else:
                yield f"{digit['label']}/{number:05}\t{json.dumps({'pixels': digit['pixels']})}"


def main(held_out_file: Path, records_file: Path) -> None:
    records = list(lines(json.loads(held_out_file.read_text())))
    records_file.write_text("".join(f"{record}\n" for record in records))
    bad = sum(record.startswith("bad/") for record in records)
    print(f"wrote {len(records):,} records, {bad:,} of them malformed")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
