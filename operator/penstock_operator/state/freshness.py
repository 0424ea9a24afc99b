"""Whether the watches still deliver. Time is an argument. Safe to use from several threads.

A watch that died without a word looks like a quiet cluster. But whoever wrote or listed an object knows a version that
the watch of its kind must reach soon; a watch that does not is dead. Resource versions of one kind are comparable
numbers on every API server in service (Kubernetes made that a promise in 1.35).
"""

from dataclasses import dataclass, replace
from threading import Lock
from typing import NamedTuple

from penstock_operator.state.kinds import ApiResource


class Stream(NamedTuple):
    """One watch: of a kind, in one namespace or (None) in all."""

    resource: ApiResource
    namespace: str | None


@dataclass(frozen=True, slots=True)
class _Awaited:
    """The oldest version not delivered, since when, and the newest such version: two stand for all between them."""

    oldest: int
    since: float
    newest: int
    newest_since: float


class Freshness:
    def __init__(self) -> None:
        self._lock = Lock()
        self._delivered: dict[Stream, int] = {}
        self._awaited: dict[Stream, _Awaited] = {}

    def expect(self, stream: Stream, version: int, now: float) -> None:
        """`version` exists, so the watch must come to it."""
        with self._lock:
            self._expect(stream, version, now)

    def deliver(self, stream: Stream, version: int) -> None:
        """The watch came to `version`."""
        with self._lock:
            self._delivered[stream] = max(version, self._delivered.get(stream, 0))
            awaited = self._awaited.get(stream)
            if awaited is None or version < awaited.oldest:
                return
            if version >= awaited.newest:
                del self._awaited[stream]
            else:
                self._awaited[stream] = replace(awaited, oldest=awaited.newest, since=awaited.newest_since)

    def list_newest(self, stream: Stream, newest: int, now: float) -> None:
        """A complete list has no version above `newest`: an object that had one is gone, and is awaited no more."""
        with self._lock:
            awaited = self._awaited.get(stream)
            if awaited is not None and awaited.oldest > newest:
                del self._awaited[stream]
            elif awaited is not None and awaited.newest > newest:
                self._awaited[stream] = replace(awaited, newest=awaited.oldest, newest_since=awaited.since)
            self._expect(stream, newest, now)

    def forget(self, resource: ApiResource) -> None:
        """The kind is not watched any more."""
        with self._lock:
            for stream in [each for each in {*self._delivered, *self._awaited} if each.resource == resource]:
                self._delivered.pop(stream, None)
                self._awaited.pop(stream, None)

    def longest_wait(self, now: float) -> tuple[Stream | None, float]:
        """The watch that is behind for the longest time, and for how many seconds; (None, 0.0): none is."""
        with self._lock:
            if not self._awaited:
                return None, 0.0
            stream = min(self._awaited, key=lambda each: self._awaited[each].since)
            return stream, now - self._awaited[stream].since

    def _expect(self, stream: Stream, version: int, now: float) -> None:
        awaited = self._awaited.get(stream)
        if version <= self._delivered.get(stream, 0):
            return
        if awaited is None:
            self._awaited[stream] = _Awaited(version, now, version, now)
        elif version > awaited.newest:
            self._awaited[stream] = replace(awaited, newest=version, newest_since=now)
