"""However a command ends, it ends with an exit code and at most a few lines. Invariant: no traceback reaches a user.

`PENSTOCK_DEBUG=1` shows the traceback of an internal error to those who mend it.
"""

import os
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import click

from penstock.commands import penstock
from penstock.failures import Failed, Interrupted
from penstock_worker.errors import Refused

INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h
BROKEN_PIPE = 141  # 128 + SIGPIPE, as a shell reports it


def exit_code_of(arguments: Sequence[str]) -> int:
    threading.excepthook = _report_thread
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    _detach_broken_pipes()
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        result = penstock.main(args=list(arguments), prog_name="penstock", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _report(Interrupted())
    except Failed as failure:
        return _report(failure)
    except Refused as refused:
        return _report(Failed(refused.reason.exit_code, f"{refused.reason.text}: {refused}"))
    except BrokenPipeError:
        raise
    except Exception as error:
        return _report(Failed(INTERNAL_ERROR, _internal_error_text(error)))


def _report(failure: Failed) -> int:
    with suppress(OSError):
        click.echo(f"penstock: {failure}", err=True)
    return failure.exit_code


def _internal_error_text(error: BaseException) -> str:
    """Where, and of which type; never the error's own text, which may quote a record or a secret."""
    if os.environ.get("PENSTOCK_DEBUG"):
        return "".join(traceback.format_exception(error))
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"internal error: {type(error).__name__}{place}; PENSTOCK_DEBUG=1 shows more"


def _report_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None:
        _report(Failed(INTERNAL_ERROR, _internal_error_text(failed.exc_value)))


def _detach_broken_pipes() -> None:
    """What is left in a buffer whose reader has gone must not fail once more when Python closes it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            _detach(stream)


def _detach(stream: TextIO) -> None:
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
    os.close(devnull)
