"""`docs/reasons.md`, from the reasons of conditions and events, and those with which a worker ends."""

from penstock_operator.reasons import Reason as OperatorReason
from penstock_operator.reasons import Tone
from penstock_worker.reasons import Reason
from reference.markdown import code, document, table

TEXT = """\
Stable names: a script may rely on them. The message beside a reason names the broker, topic, Secret, pod or field at
fault. `Ready` has the reason of the first part that stands in its way. `KafkaReady` has the pre-flight's where that
failed, and `WorkersReady` a worker's where one ends again and again."""

OF_CONDITIONS = """\
## In conditions and events

Reasons of a ModelDeployment's conditions, `kubectl describe mdep NAME`. *Good*: as it should be. *Waiting*: on its way,
nobody need do anything. *Fault*: somebody has to do something. Faults, their end, and Ready are told in events as well.
NAME stands for the resource, POD for the pod in the message."""

OF_WORKERS = """\
## Of a worker, its pre-flight and `penstock run`

Why they ended. The name is in the log line (`reason`), in the pre-flight's result, in the conditions of the
ModelDeployment and in the message of `penstock run`; the number is the exit code, as stable as the name."""

OTHERS = """\
Exit codes without a reason: 0 drained after SIGTERM, or stopped because secret files changed; 1 an unexpected error of
the worker, or `penstock run` was stopped before every record was answered; 70 an internal error of `penstock` itself;
130 interrupted by Ctrl-C before anything ran; 128 + n ended by signal n, as after a second SIGTERM (143)."""

TONES = {Tone.GOOD: "good", Tone.WAITING: "waiting", Tone.FAULT: "fault"}


def page() -> str:
    ours = ((code(each.text), TONES[each.tone], each.cause, each.remedy) for each in OperatorReason)
    theirs = ((code(reason.text), str(reason.exit_code), reason.cause, reason.remedy) for reason in Reason)
    return document(
        "Reasons",
        TEXT,
        OF_CONDITIONS,
        table(("reason", "", "cause", "what to do next"), ours),
        OF_WORKERS,
        table(("reason", "exit code", "cause", "what to do next"), theirs),
        OTHERS,
    )
