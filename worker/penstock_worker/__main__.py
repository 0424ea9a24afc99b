"""`penstock-worker run` and `penstock-worker prepare`: arguments in, exit code out, no traceback."""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import datetime
from pathlib import Path

from penstock_worker.capabilities import refuse_what_is_missing
from penstock_worker.core.starts import parse_time
from penstock_worker.errors import Refused
from penstock_worker.log import set_up_logging
from penstock_worker.settings import DEFAULT_CONFIG_DIR, DEFAULT_SECRETS_DIR, SettingsFiles

log = logging.getLogger("penstock_worker")

UNEXPECTED_EXIT_CODE = 1


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="penstock-worker", description="Records from a topic through a model to a topic."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run until SIGTERM, which drains")
    prepare = commands.add_parser("prepare", help="the pre-flight: check, commit the first offsets, or renew them")
    prepare.add_argument("--mode", choices=("apply", "check", "renew"), default="apply")
    prepare.add_argument("--result-file", type=Path, default=Path("/dev/termination-log"))
    prepare.add_argument(
        "--subscribed-at", type=_time, help="since when the group reads the topic, for when its commits no longer tell"
    )
    for command in (run, prepare):
        command.add_argument(
            "--config-dir", type=Path, default=DEFAULT_CONFIG_DIR, help="holds kafka.json and worker.json"
        )
        command.add_argument("--secrets-dir", type=Path, default=DEFAULT_SECRETS_DIR, help="holds <secret>/<key> files")
    return parser.parse_args(arguments)


def _time(text: str) -> datetime:
    time = parse_time(text)
    if time is None:
        raise argparse.ArgumentTypeError("must be an RFC 3339 time, for example 2026-03-08T12:00:00Z")
    return time


def main(arguments: list[str] | None = None) -> int:
    parsed = parse_arguments(arguments)
    set_up_logging("info")
    try:
        files = SettingsFiles.read(parsed.config_dir)
        set_up_logging(files.worker.log_level)
        refuse_what_is_missing(files.worker)
        return _run(parsed, files)
    except Refused as refused:
        log.error(str(refused), extra={"reason": refused.reason.text})  # noqa: TRY400 - a user needs no traceback
        if parsed.command == "prepare":
            from penstock_worker.prepare.result import publish_refusal  # noqa: PLC0415

            return publish_refusal(refused, parsed.result_file)
        return refused.reason.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the last resort: its place, never its payload
        log.critical(
            "unexpected error, please report it", extra={"error": type(error).__name__, "where": _place(error)}
        )
        return UNEXPECTED_EXIT_CODE


def _run(parsed: argparse.Namespace, files: SettingsFiles) -> int:
    if parsed.command == "prepare":
        from penstock_worker.prepare.run import prepare  # noqa: PLC0415 - each command loads only its own clients

        return prepare(files, parsed.secrets_dir, parsed.mode, parsed.result_file, subscribed_at=parsed.subscribed_at)
    from penstock_worker.run import run_worker  # noqa: PLC0415

    return run_worker(files, parsed.secrets_dir)


def _place(error: BaseException) -> str:
    """File, line and function of the frames, without the values they held."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " > ".join(frames[-8:])


if __name__ == "__main__":
    sys.exit(main())
