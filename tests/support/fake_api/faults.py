"""Answers that a fake API server gives instead of the right one."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Fault:
    """For the next `times` requests of that method whose path holds `part`."""

    method: str
    part: str
    status: int
    times: int = 1
    retry_after_seconds: int | None = None
    hit: int = 0


@dataclass(slots=True)
class Faults:
    pending: list[Fault] = field(default_factory=list)

    def add(self, method: str, part: str, status: int, *, times: int = 1, retry_after: int | None = None) -> Fault:
        self.pending.append(Fault(method, part, status, times, retry_after))
        return self.pending[-1]

    def take(self, method: str, path: str) -> Fault | None:
        for fault in self.pending:
            if fault.method == method and fault.part in path and fault.hit < fault.times:
                fault.hit += 1
                return fault
        return None
