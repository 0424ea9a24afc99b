"""The workers of one scenario: processes by number, each with a folder of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from support.worker import WorkerProcess

READY_SECONDS = 60
DRAIN_SECONDS = 90


class WorkerSet:
    """Workers numbered from 0. A worker that ends by itself is an error at the next `check`."""

    def __init__(self, make: Callable[[Path], WorkerProcess], folder: Path) -> None:
        self._make, self._folder = make, folder
        self._workers: list[WorkerProcess] = []
        self._wanted: set[int] = set()

    def prepare(self) -> None:
        """The pre-flight, in a folder of its own."""
        done = self._make(self._folder / "prepare").prepare()
        if done.exit_code != 0:
            raise RuntimeError(f"the pre-flight ended with {done.exit_code}: {done.result}\n{done.log[-2000:]}")

    def add(self, count: int = 1) -> None:
        """More workers, all ready."""
        first = len(self._workers)
        for number in range(first, first + count):
            self._workers.append(self._make(self._folder / f"worker-{number}"))
            self.start(number)
        for number in range(first, first + count):
            self.wait_ready(number)

    def start(self, number: int) -> None:
        self._workers[number].start()
        self._wanted.add(number)

    def wait_ready(self, number: int) -> None:
        self._workers[number].wait_ready(READY_SECONDS)

    def kill(self, number: int) -> None:
        """SIGKILL."""
        self._wanted.discard(number)
        self._workers[number].sigkill()

    def drain(self, numbers: Sequence[int] | None = None) -> None:
        """SIGTERM these, or all, and expect exit 0 of each."""
        chosen = sorted(self._wanted) if numbers is None else list(numbers)
        self._wanted -= set(chosen)
        for number in chosen:
            self._workers[number].sigterm()
        for number in chosen:
            code = self._workers[number].wait(DRAIN_SECONDS)
            if code != 0:
                raise RuntimeError(
                    f"worker {number} drained with exit code {code}:\n{self._workers[number].log_tail()}"
                )

    def check(self) -> None:
        """Raise if a worker that should run does not."""
        for number in sorted(self._wanted):
            worker = self._workers[number]
            if not worker.running:
                raise RuntimeError(f"worker {number} ended by itself with {worker.exit_code}:\n{worker.log_tail()}")

    def sum_of(self, metric: str) -> int:
        """One metric over all running workers; a worker that does not serve it yet counts as 0."""
        return sum(int(_metrics(self._workers[number]).get(metric, 0)) for number in self._wanted)

    def status(self, number: int = 0) -> dict[str, object]:
        return self._workers[number].status()

    def statuses(self) -> list[dict[str, object]]:
        return [self._workers[number].status() for number in sorted(self._wanted)]

    def close(self) -> None:
        for worker in self._workers:
            worker.close()


def _metrics(worker: WorkerProcess) -> dict[str, float]:
    """Nothing while the worker is still starting."""
    return worker.metrics() if worker.get("/metrics")[0] == 200 else {}
