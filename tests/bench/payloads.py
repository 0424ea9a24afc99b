"""The records of the benchmark: JSON values of an exact size, keys of moderate cardinality."""

import random
from collections.abc import Iterator

KEYS = 10_000
SEED = 4711

MARK = b'{"id":"'  # once in every value: the batch model counts values by it instead of parsing them
_VALUE = MARK + b'%010d","v":"%b"}'
_FRAME_BYTES = len(_VALUE % (0, b""))


def value(number: int, size_bytes: int) -> bytes:
    return _VALUE % (number, b"x" * (size_bytes - _FRAME_BYTES))


def keyed_values(count: int, size_bytes: int) -> Iterator[tuple[bytes, bytes]]:
    """The same records in every run."""
    keys = random.Random(SEED)
    for number in range(count):
        yield b"customer-%d" % keys.randrange(KEYS), value(number, size_bytes)
