"""One JSON object per line on stderr. No spec, credential or traceback is ever passed to a logger."""

import json
import logging
import sys
import time
from pathlib import Path
from traceback import walk_tb
from typing import Any, Final

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_KOPF: Final = frozenset({"k8s_ref", "k8s_skip", "settings"})  # what kopf adds to its records for its own use


class JsonLines(logging.Formatter):
    """Fields given as `extra` stand beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD | _KOPF}
        if record.exc_info and record.exc_info[1] is not None:
            line |= {"exception": type(record.exc_info[1]).__name__, "where": place_of(record.exc_info[1])}
        return json.dumps(line, default=str)


def place_of(error: BaseException) -> str:
    """File, line and function of the frames, without the values they held."""
    frames = [
        f"{Path(frame.f_code.co_filename).name}:{number} {frame.f_code.co_name}"
        for frame, number in walk_tb(error.__traceback__)
    ]
    return " > ".join(frames[-8:])


def set_up_logging(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    # Its own retries are part of normal life, and what matters of them is in our metrics and health.
    logging.getLogger("kopf").setLevel(logging.WARNING)
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)  # warns that it gets no signals: as meant
    logging.getLogger("urllib3").setLevel(logging.ERROR)
