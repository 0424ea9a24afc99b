"""The group's first commit, the last step of all: from here on KEDA sees a true lag, and every start is known."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from penstock_worker.admin import Admin
from penstock_worker.broker_errors import RequestRefused
from penstock_worker.core.starts import Commit, LogRange, Start
from penstock_worker.group_offsets import (
    REQUIRES_EMPTY_GROUP,
    commit,
    fetch_commits,
    fetch_log_ranges,
    fetch_offsets_at,
)
from penstock_worker.prepare.findings import Group, Topic
from penstock_worker.prepare.first_offsets import Subscription, first_commits, plan_subscription
from penstock_worker.prepare.group import own_group
from penstock_worker.prepare.membership import commit_as_member


def fetch_subscription(admin: Admin, topic: Topic, *, now: datetime, subscribed_at: datetime | None) -> Subscription:
    partitions = range(topic.partitions)
    logs = fetch_log_ranges(admin, topic.name, partitions)
    subscription = plan_subscription(
        fetch_commits(admin, topic.name, partitions),
        logs,
        topic_id=topic.topic_id,
        start_from=admin.settings.start_from,
        now=now,
        subscribed_at=subscribed_at,
    )
    return replace(subscription, starts=_looked_up(admin, topic.name, subscription.starts, logs))


def commit_subscription(admin: Admin, topic: Topic, group: Group | None, subscription: Subscription) -> None:
    """Workers on this very topic find the starts that are missing by themselves; workers on another one cannot."""
    commits = first_commits(topic.topic_id, subscription)
    if not commits:
        return
    has_members = bool(group and group.members)
    if not has_members and _committed_from_outside(admin, topic.name, commits):
        return
    if not subscription.resumed and not admin.settings.trying_only:
        commit_as_member(admin, commits)


def _committed_from_outside(admin: Admin, topic: str, commits: dict[int, Commit]) -> bool:
    """False where a member joined since the group was described."""
    try:
        commit(admin, topic, commits)
    except RequestRefused as refused:
        if refused.error not in REQUIRES_EMPTY_GROUP:
            raise
        if not admin.settings.trying_only:
            own_group(admin)
        return False
    return True


def _looked_up(admin: Admin, topic: str, starts: Mapping[int, Start], logs: Mapping[int, LogRange]) -> dict[int, Start]:
    found: dict[int, int | None] = {}
    for time in {start.not_before for start in starts.values() if start.not_before}:
        wanted = [partition for partition, start in starts.items() if start.not_before == time]
        found |= fetch_offsets_at(admin, topic, wanted, time)
    return {partition: start.found(found.get(partition), logs[partition]) for partition, start in starts.items()}
