"""A scenario as a value: what flows, what breaks, and what is owed in the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from chaos.faults import Kind
from chaos.model import ONE_ADDRESS

if TYPE_CHECKING:
    from chaos.scene import Scene

ClusterKind = Literal["one broker", "three brokers", "guarded"]
RECORDS = 30_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """`play` sends, breaks and mends; the scene around it starts, finishes and judges."""

    name: str
    play: Callable[["Scene"], None]
    cluster: ClusterKind = "one broker"
    workers: int = 1
    partitions: int = 6
    records_per_second: int = 4000
    sends_until_the_end: bool = False  # more than its records, for as long as its faults take
    deadline_seconds: int = 120
    duplicate_windows: int = (
        0  # how often all that may be in flight may arrive twice: once per SIGKILL, lost coordinator or rebalance
    )
    consumer_config: Mapping[str, Any] = field(default_factory=dict)
    recovery_at_most_seconds: float = 20.0  # from the start after a SIGKILL to the first record
    delivery: Mapping[str, Any] = field(default_factory=dict)
    mix: Mapping[str, int] = field(default_factory=dict)  # changes to `load.Mix`
    per_million: Mapping[Kind, int] = field(default_factory=dict)
    addresses: tuple[str, ...] = ONE_ADDRESS
    transactional: bool = False
    output_config: Mapping[str, str] = field(default_factory=dict)
