"""Values that the steps of the pre-flight hand on. `operations` everywhere: what this user may do, by the names of
Kafka's ACL operations; None where the broker does not tell.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is; None for what the embedded broker does not know."""

    name: str
    partitions: int
    topic_id: str | None = None
    replication_factor: int | None = None
    operations: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Topics:
    """The three of a deployment; output and error may be one."""

    input: Topic
    output: Topic
    error: Topic

    def distinct(self) -> tuple[Topic, ...]:
        return tuple({topic.name: topic for topic in (self.input, self.output, self.error)}.values())


@dataclass(frozen=True, slots=True)
class Member:
    client_id: str
    host: str

    def __str__(self) -> str:
        return f"{self.client_id or '(no client.id)'} at {self.host.removeprefix('/')}"


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    members: tuple[Member, ...]
    operations: frozenset[str] | None
