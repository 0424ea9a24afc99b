"""How many resources are Ready, seen by a watch."""

import asyncio
from collections.abc import Mapping
from typing import Any

from scale.api import Api


def is_ready(resource: Mapping[str, Any]) -> bool:
    """At its current generation."""
    generation = resource["metadata"]["generation"]
    return (
        any(
            condition["type"] == "Ready"
            and condition["status"] == "True"
            and condition.get("observedGeneration", generation) == generation
            for condition in resource.get("status", {}).get("conditions", ())
        )
        and resource["status"].get("observedGeneration") == generation
    )


class ReadyCount:
    """`run` follows the resources for ever; `until` waits for a number of them."""

    def __init__(self, api: Api, path: str) -> None:
        self._api = api
        self._path = path
        self._ready: set[str] = set()
        self._changed = asyncio.Event()

    @property
    def count(self) -> int:
        return len(self._ready)

    async def run(self) -> None:
        async for how, resource in self._api.follow(self._path):
            name = resource["metadata"]["name"]
            if how == "present" and is_ready(resource):
                self._ready.add(name)
            else:
                self._ready.discard(name)
            self._changed.set()

    async def until(self, count: int) -> None:
        while self.count < count:
            self._changed.clear()
            await self._changed.wait()
