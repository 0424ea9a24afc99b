"""Edge: follows the kinds that need a controller, and carries out what each one's controller would write."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from scale.api import Api
from scale.double.controllers import Create, Delete, Write, accept_scaled_object, finish_job, roll_out

_OURS: Final = "app.kubernetes.io/managed-by%3Dpenstock"
_LANES: Final = 16

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """`collection` is the path of all namespaces, `plural` where one namespace has them."""

    group: str
    plural: str
    next_writes: Callable[[Object, Sequence[str]], Sequence[Write]]

    @property
    def collection(self) -> str:
        return f"{self.group}/{self.plural}"

    def status_of(self, found: Object) -> str:
        metadata = found["metadata"]
        return f"{self.group}/namespaces/{metadata['namespace']}/{self.plural}/{metadata['name']}/status"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


KINDS: Final = (
    Kind("/apis/batch/v1", "jobs", lambda found, _: finish_job(found, now=_now())),
    Kind("/apis/apps/v1", "deployments", lambda found, running: roll_out(found, running, now=_now())),
    Kind("/apis/keda.sh/v1alpha1", "scaledobjects", lambda found, _: accept_scaled_object(found)),
)

_Item = tuple[Kind, Object]


class Double:
    """Objects of one name are taken one after the other, as a controller would; the lanes run side by side."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lanes: list[asyncio.Queue[_Item]] = [asyncio.Queue() for _ in range(_LANES)]
        self._pods: dict[str, list[str]] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(self._work(lane))
            for kind in KINDS:
                group.create_task(self._follow(kind))

    async def _follow(self, kind: Kind) -> None:
        async for how, found in self._api.follow(kind.collection, _OURS):
            if how == "present":
                uid = found["metadata"]["uid"]
                self._lanes[hash(uid) % _LANES].put_nowait((kind, found))

    async def _work(self, lane: asyncio.Queue[_Item]) -> None:
        while True:
            kind, found = await lane.get()
            for write in kind.next_writes(found, self._pods.get(found["metadata"]["uid"], ())):
                await self._carry_out(write, kind, found)

    async def _carry_out(self, write: Write, kind: Kind, found: Object) -> None:
        collection = f"/api/v1/namespaces/{found['metadata']['namespace']}/pods"
        running = self._pods.setdefault(found["metadata"]["uid"], [])
        if isinstance(write, Create):
            name = write.pod["metadata"]["name"]
            await self._api.create(collection, write.pod)
            await self._api.merge(f"{collection}/{name}/status", {"status": write.status})
            running.append(name)
        elif isinstance(write, Delete):
            await self._api.delete(f"{collection}/{write.pod}")
            running.remove(write.pod)
        else:
            await self._api.merge(kind.status_of(found), {"status": write.status})
