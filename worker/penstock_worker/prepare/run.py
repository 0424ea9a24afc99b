"""The order of the pre-flight, and its one result.

`apply` creates what may be created and commits; `check` changes nothing; `renew` is `check` and starts the retention
of an idle group's commits anew. First the brokers, last the commit: whoever subscribes has passed everything else.
"""

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from penstock_worker.admin import Admin
from penstock_worker.errors import Refused
from penstock_worker.prepare.authorization import check_authorization
from penstock_worker.prepare.brokers import reach_brokers
from penstock_worker.prepare.clients import check_clients
from penstock_worker.prepare.findings import Group, Topic
from penstock_worker.prepare.first_offsets import reading, start_warnings
from penstock_worker.prepare.group import own_group
from penstock_worker.prepare.membership import renew_commits
from penstock_worker.prepare.model import reach_model
from penstock_worker.prepare.result import Result
from penstock_worker.prepare.sizes import check_sizes
from penstock_worker.prepare.subscription import commit_subscription, fetch_subscription
from penstock_worker.prepare.topics import find_topics
from penstock_worker.reasons import Reason
from penstock_worker.secrets import read_secrets
from penstock_worker.settings import SettingsFiles

Mode = Literal["apply", "check", "renew"]

DEADLINE_SECONDS = 90.0  # below the Job's activeDeadlineSeconds of 120, so that there is a result to read


def prepare(
    files: SettingsFiles,
    secrets_dir: Path,
    mode: Mode,
    result_file: Path | None,
    *,
    subscribed_at: datetime | None = None,
) -> int:
    """The exit code: 0, or the reason's. Whatever happens, there is a result: the operator has nothing else to read.

    `subscribed_at`, where known, stands in for the time that lost commits no longer tell: without it a group whose
    commits are gone looks new, and would begin at the end.
    """
    result = Result()
    try:
        _run(files, secrets_dir, mode, result, subscribed_at)
    except Refused as refused:
        result.refuse(refused)
    except Exception as error:
        result.refuse(Refused(Reason.CLIENT_FATAL, f"unexpected {type(error).__name__}; the pod's log has more"))
        raise
    finally:
        result.publish(result_file)
    return result.exit_code


def _run(files: SettingsFiles, secrets_dir: Path, mode: Mode, result: Result, subscribed_at: datetime | None) -> None:
    settings, pod = files.kafka, socket.gethostname()
    secrets = read_secrets(settings, secrets_dir)
    check_clients(settings, secrets, pod)
    admin = Admin(settings, secrets, pod, deadline_seconds=DEADLINE_SECONDS)
    reach_brokers(admin)
    topics = find_topics(admin, create=mode == "apply")
    result.input_partitions, result.topic_id = topics.input.partitions, topics.input.topic_id
    group = _find_group(admin, result)
    result.skipped += check_authorization(topics, group)
    check_sizes(admin, topics, result)
    if files.worker.model.external and mode != "renew":
        reach_model(files.worker.model.url)
    _subscribe(admin, topics.input, group, mode=mode, result=result, subscribed_at=subscribed_at)


def _find_group(admin: Admin, result: Result) -> Group | None:
    if admin.settings.trying_only:
        result.skipped.append("group members: the embedded broker does not describe groups")
        return None
    return own_group(admin)


def _subscribe(
    admin: Admin, topic: Topic, group: Group | None, *, mode: Mode, result: Result, subscribed_at: datetime | None
) -> None:
    has_members = bool(group and group.members)
    subscription = fetch_subscription(admin, topic, now=datetime.now(UTC), subscribed_at=subscribed_at)
    result.group_resumed = subscription.resumed
    result.subscribed_at = subscription.subscribed_at
    result.warnings += start_warnings(topic.name, subscription.starts)
    result.message = reading(admin.settings, subscription, has_members=has_members)
    if mode == "apply":
        commit_subscription(admin, topic, group, subscription)
    if mode == "renew" and not has_members:
        renewed = renew_commits(admin)
        result.message = f"renewed the commits of {renewed} partition(s); {result.message}"
