"""`docs/reasons.md`, from the reasons with which a worker and its pre-flight end."""

from penstock_worker.reasons import Reason
from reference.markdown import code, document, table

TEXT = """\
Why a worker, its pre-flight or `penstock run` ended. The name is in the log line (`reason`), in the pre-flight's result
and in the message of `penstock run`; the number is the exit code. Both are stable: a script may rely on them. The
message beside the reason names the broker, topic, Secret or field at fault."""

OTHERS = """\
Exit codes without a reason: 0 drained after SIGTERM, or stopped because secret files changed; 1 an unexpected error of
the worker, or `penstock run` was stopped before every record was answered; 70 an internal error of `penstock` itself;
130 interrupted by Ctrl-C before anything ran; 128 + n ended by signal n, as after a second SIGTERM (143)."""


def page() -> str:
    rows = ((code(reason.text), str(reason.exit_code), reason.cause, reason.remedy) for reason in Reason)
    return document("Reasons", TEXT, table(("reason", "exit code", "cause", "what to do next"), rows), OTHERS)
