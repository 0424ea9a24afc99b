"""Why a pod does not come up, in its own words: from its status alone, never from its log. Pure.

A pod tells by the reason of a container's state. What a container said itself, its termination message, is never told
on; only its exit code is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from penstock_operator.decision.pods import (
    container_statuses,
    is_live,
    last_end,
    name_of,
    phase_of,
    pod_condition,
    state_of,
)
from penstock_operator.decision.texts import quoted
from penstock_operator.decision.times import parse_time
from penstock_operator.observed import Manifest
from penstock_operator.reasons import WORKER_EXITS, AnyReason, Reason, WorkerReason
from penstock_operator.render.pod.bridge import BRIDGE, PREPARE
from penstock_operator.render.pod.model import MODEL

LISTENS_WITHIN_SECONDS: Final = 30
"""A model that takes longer to listen is told of, though it may still come."""
STARTS_WITHIN_SECONDS: Final = 90  # less than a pre-flight's deadline

_KILLED: Final = frozenset({137, 143})
"""By a signal: the kubelet's, after a startup probe that never succeeded."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """`since`: from when on it counts as one; a later time than now makes it no trouble yet."""

    reason: AnyReason
    message: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Troubles:
    """`worst`: the one to tell of. `next_at`: when the next one would count, where nothing else changes before."""

    worst: Trouble | None
    next_at: datetime | None


def troubles_of(pods: Iterable[Manifest], now: datetime) -> Troubles:
    """Of what counts by now, the first in the order in which `_troubles` looks."""
    found = [trouble for pod in pods if is_live(pod) for trouble in _troubles(pod)]
    counting = [trouble for trouble in found if trouble.since is None or trouble.since <= now]
    coming = [trouble.since for trouble in found if trouble.since is not None and trouble.since > now]
    return Troubles(counting[0] if counting else None, min(coming, default=None))


def _troubles(pod: Manifest) -> Iterator[Trouble]:
    for status in container_statuses(pod):
        yield from _of_container(pod, status)
    scheduled = pod_condition(pod, "PodScheduled")
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        yield Trouble(Reason.UNSCHEDULABLE, f"pod {name_of(pod)}: {quoted(scheduled.get('message'))}")
    yield from _not_started(pod, parse_time(scheduled.get("lastTransitionTime")))


def _of_container(pod: Manifest, status: Manifest) -> Iterator[Trouble]:
    where = f"pod {name_of(pod)}, container {status.get('name')}"
    waiting, ended = state_of(status, "waiting"), state_of(status, "terminated")
    if waiting:
        yield from _waits(where, status, waiting)
    elif ended and ended.get("exitCode") != 0 and status.get("name") != PREPARE:  # whose result tells more
        yield _ended(where, status, ended)
    elif state_of(status, "running") and not status.get("ready"):
        yield from _not_ready(where, status)


def _not_ready(where: str, status: Manifest) -> Iterator[Trouble]:
    """Between two crashes a container runs for a while; that is no recovery."""
    last = last_end(status)
    if last and last.get("exitCode") != 0:
        yield _ended(where, status, last)
        return
    started_at = parse_time(state_of(status, "running").get("startedAt"))
    if status.get("name") == MODEL and status.get("started") is False and started_at:
        yield _not_listening(where, started_at + timedelta(seconds=LISTENS_WITHIN_SECONDS))


def _not_listening(where: str, since: datetime | None) -> Trouble:
    return Trouble(Reason.MODEL_NOT_LISTENING, f"{where} runs but takes no connection on its port", since)


def _waits(where: str, status: Manifest, waiting: Manifest) -> Iterator[Trouble]:
    reason, message = waiting.get("reason"), quoted(waiting.get("message"))
    if reason in ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"):
        # The kubelet's two texts about one failure take turns.
        yield Trouble(Reason.IMAGE_PULL_BACK_OFF, f"{where}: image {quoted(status.get('image'))} cannot be pulled")
    elif reason in ("CreateContainerConfigError", "CreateContainerError"):
        yield Trouble(_config_error(message), f"{where}: {message}{_remedy(message)}")
    elif reason == "CrashLoopBackOff":
        yield _ended(where, status, last_end(status))


def _config_error(message: str) -> AnyReason:
    """The kubelet has one reason for all of these; its words, stable for years, tell them apart."""
    if "runAsNonRoot" in message or "run as root" in message:
        return Reason.MODEL_IMAGE_RUNS_AS_ROOT
    if 'secret "' in message or "in Secret" in message:
        return WorkerReason.SECRET_MISSING
    return Reason.CONTAINER_CONFIG_ERROR


def _remedy(message: str) -> str:
    if _config_error(message) is Reason.MODEL_IMAGE_RUNS_AS_ROOT:
        return "; set spec.model.securityContext.runAsUser, or give the image a numeric USER"
    return ""


def _ended(where: str, status: Manifest, ended: Manifest) -> Trouble:
    code = ended.get("exitCode")
    if ended.get("reason") == "OOMKilled":
        return Trouble(Reason.OUT_OF_MEMORY, f"{where} was killed at its memory limit")
    if status.get("name") == BRIDGE and code in WORKER_EXITS:
        reason = WORKER_EXITS[code]
        return Trouble(reason, f"{where} ends with {reason.text}; its log names what is at fault")
    if status.get("name") == MODEL and status.get("started") is False and code in _KILLED:
        return _not_listening(where, None)
    return Trouble(Reason.CRASH_LOOPING, f"{where} ends again and again, last with exit code {code}")


def _not_started(pod: Manifest, scheduled_at: datetime | None) -> Iterator[Trouble]:
    """On a node, but without any container: the kubelet tells why in events alone."""
    states = [status.get("state") or {} for status in container_statuses(pod)]
    waiting = [state.get("waiting", {}).get("reason") for state in states]
    if scheduled_at and phase_of(pod) == "Pending" and set(waiting) <= {"ContainerCreating", "PodInitializing"}:
        message = f"pod {name_of(pod)} has no container yet: `kubectl describe pod {name_of(pod)}` has the cause"
        yield Trouble(Reason.POD_NOT_STARTED, message, scheduled_at + timedelta(seconds=STARTS_WITHIN_SECONDS))
