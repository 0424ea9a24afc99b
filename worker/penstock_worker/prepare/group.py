"""Who is in the consumer group: nobody, workers of this deployment, or somebody else whose records we would take."""

from collections.abc import Iterable

from penstock_worker.admin import Admin
from penstock_worker.client_config import client_id_prefix
from penstock_worker.errors import Refused
from penstock_worker.prepare.findings import Group, Member
from penstock_worker.reasons import Reason
from penstock_worker.settings import KafkaSettings

MAX_MEMBERS_TOLD = 3


def own_group(admin: Admin) -> Group:
    """The group with nobody in it but workers of this deployment; else `Refused` (`GroupInUse`)."""
    group = describe_group(admin)
    refuse_foreign_members(admin.settings, group.members)
    return group


def describe_group(admin: Admin) -> Group:
    """Brokers describe a group that never existed as an empty one."""
    name = admin.settings.consumer_group
    description = admin.ask(
        lambda seconds: admin.client.describe_consumer_groups(
            [name], include_authorized_operations=True, request_timeout=seconds
        ),
        f"describe group {name}",
    )
    operations = description.authorized_operations
    return Group(
        name=name,
        members=tuple(Member(member.client_id, member.host) for member in description.members),
        operations=frozenset(operation.name for operation in operations) if operations else None,
    )


def refuse_foreign_members(settings: KafkaSettings, members: Iterable[Member]) -> None:
    """Pure. Two programs in one group would each get a part of the records."""
    prefix = client_id_prefix(settings)
    foreign = [member for member in members if not member.client_id.startswith(prefix)]
    if foreign:
        raise Refused(
            Reason.GROUP_IN_USE,
            f"group {settings.consumer_group} has members that are not workers of {settings.deployment}: "
            f"{told(foreign)}; stop them, or set kafka.consumerGroup to a group of its own",
        )


def told(members: Iterable[Member]) -> str:
    names = [str(member) for member in members]
    more = f" and {len(names) - MAX_MEMBERS_TOLD} more" if len(names) > MAX_MEMBERS_TOLD else ""
    return ", ".join(names[:MAX_MEMBERS_TOLD]) + more
