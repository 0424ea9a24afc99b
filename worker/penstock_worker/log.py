"""One JSON object per line on stderr. No payload, key or credential is ever passed to a logger."""

from __future__ import annotations

import json
import logging
import math
import re
import sys
import time

import msgspec

CLIENT_LOGGER = "librdkafka"
REPEAT_SECONDS = 30.0
MOST_TEXTS = 256

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Fields given as `extra` stand beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
        try:
            return msgspec.json.encode(line, enc_hook=str).decode()
        except UnicodeEncodeError:  # a file name that is not UTF-8; logging would print a traceback instead of the line
            return json.dumps(line, default=str)


class Repetitions(logging.Filter):
    """Lets a line pass once in a while, and says then how often it came meanwhile (`repeated`).

    librdkafka tells of every failed connection, up to twenty times a second for as long as a broker is away.
    """

    _CHANGING = re.compile(r"\d+(?=ms | identical )")  # all that differs between two of the same

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        text = self._CHANGING.sub("", f"{record.getMessage()} {getattr(record, 'cause', '')}")
        passed_at, withheld = self._seen.get(text, (-math.inf, 0))
        if record.created - passed_at < REPEAT_SECONDS:
            self._seen[text] = (passed_at, withheld + 1)
            return False
        if len(self._seen) >= MOST_TEXTS:
            self._seen.clear()
        self._seen[text] = (record.created, 0)
        if withheld:
            record.repeated = withheld
        return True


def set_up_logging(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger(CLIENT_LOGGER).filters = [Repetitions()]
