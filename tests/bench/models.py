"""The models of a benchmark, both far cheaper than any bridge: nginx with a fixed answer, and for batches a stub."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.batch_model import PREDICTION
from support.ports import free_ports
from support.process import ChildProcess

START_SECONDS = 10
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "nginx-light")

# One process, ended by its pid; connections are never closed by the server, since reconnects are not what is measured.
_NGINX = """\
daemon off;
master_process off;
worker_processes 1;
error_log stderr crit;
pid nginx.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type application/json;
    keepalive_requests 4000000000;
    keepalive_timeout 1d;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location / {{ return 200 '{prediction}'; }}
    }}
}}
"""


class NginxMissingError(Exception):
    """nginx is missing and could not be installed."""


@dataclass(frozen=True, slots=True)
class Models:
    """Where the running models answer."""

    single_url: str
    batch_url: str


@contextmanager
def running_models(folder: Path) -> Iterator[Models]:
    nginx = _ensure_nginx()
    single_port, batch_port = free_ports(2)
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(port=single_port, prediction=PREDICTION.decode()))
    single = ChildProcess([nginx, "-p", str(folder), "-c", str(config)], log=folder / "nginx.log")
    batch = ChildProcess([sys.executable, "-m", "bench.batch_model", str(batch_port)], log=folder / "batch-model.log")
    try:
        _wait_listening(single, single_port)
        _wait_listening(batch, batch_port)
        yield Models(f"http://127.0.0.1:{single_port}/predict", f"http://127.0.0.1:{batch_port}/predict")
    finally:
        single.kill()
        batch.kill()


def _ensure_nginx() -> str:
    """nginx from the system; where it is missing, from Debian's package."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    if found := shutil.which("nginx", path=path):
        return found
    print(f"nginx is missing; running `{' '.join(INSTALL)}`", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(["apt-get", "update", "-q"], check=False, env=environment, stdout=sys.stderr)
        subprocess.run(INSTALL, check=True, env=environment, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        cause = f"exit code {error.returncode}" if isinstance(error, subprocess.CalledProcessError) else error.strerror
        raise NginxMissingError(
            f"nginx is missing and could not be installed ({cause}); run `{' '.join(INSTALL)}` as root"
        ) from error
    if found := shutil.which("nginx", path=path):
        return found
    raise NginxMissingError(f"nginx is still missing after `{' '.join(INSTALL)}`")


def _wait_listening(process: ChildProcess, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.running and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"a model did not listen on port {port}\n{process.log_tail()}")
