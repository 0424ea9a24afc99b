"""A model that somebody else runs takes connections. What it answers is the worker's to judge."""

import socket
from urllib.parse import urlsplit

from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason

CONNECT_SECONDS = 5.0
DEFAULT_PORTS = {"https": 443, "grpcs": 443}


def reach_model(url: str) -> None:
    """Raises `Refused` (`ModelUnreachable`). Sends nothing; never shows the URL's path or credentials."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 80)
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        cause = f"no answer in {CONNECT_SECONDS:.0f} s" if isinstance(error, TimeoutError) else error.strerror
        raise Refused(Reason.MODEL_UNREACHABLE, f"model.url: {host}:{port}: {cause}") from error
