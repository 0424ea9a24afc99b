"""Pure: may this user do what a worker does? By the operations that Describe returns (KIP-430), never by writing."""

from collections.abc import Iterable

from penstock_worker.errors import Refused
from penstock_worker.prepare.findings import Group, Topics
from penstock_worker.reasons import Reason

Need = tuple[str, str, str]  # operation, kind of resource, name


def check_authorization(topics: Topics, group: Group | None) -> list[str]:
    """What could not be checked. Raises `Refused` naming every missing operation at once."""
    lacking: list[Need] = []
    unknown: list[str] = []
    for operation, kind, name, allowed in _needs(topics, group):
        if allowed is None:
            unknown.append(f"authorization of {operation} on {kind} {name}: the broker does not tell")
        elif not allowed & {operation, "ALL"}:
            lacking.append((operation, kind, name))
    if lacking:
        raise Refused(Reason.AUTHORIZATION_FAILED, _told(lacking))
    return unknown


def _needs(topics: Topics, group: Group | None) -> Iterable[tuple[str, str, str, frozenset[str] | None]]:
    yield "READ", "topic", topics.input.name, topics.input.operations
    for topic in {topics.output.name: topics.output, topics.error.name: topics.error}.values():
        yield "WRITE", "topic", topic.name, topic.operations
    if group:
        yield "READ", "group", group.name, group.operations


def _told(lacking: list[Need]) -> str:
    operations = ", ".join(f"{operation} on {kind} {name}" for operation, kind, name in lacking)
    operation, kind, name = lacking[0]
    command = f"kafka-acls --add --allow-principal User:... --operation {operation.title()} --{kind} {name}"
    return f"this user lacks {operations}; grant with `{command}`"
