"""Keeps finding out which optional kinds the API server knows: KEDA's, and the PodMonitor."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from penstock_operator.cluster.api_errors import ApiError
from penstock_operator.cluster.client import Cluster
from penstock_operator.state.keda import CHECK_SECONDS
from penstock_operator.state.kinds import ApiResource
from penstock_operator.state.surroundings import Surroundings, kinds_with

log = logging.getLogger("penstock_operator")

FIRST_CHECKS_SECONDS: Final = 1.0  # between the two that prove an absence at the start


class OptionalKinds:
    """`came` and `went` are told of the kinds that did, in a thread."""

    def __init__(
        self,
        cluster: Cluster,
        surroundings: Surroundings,
        *,
        came: Callable[[tuple[ApiResource, ...]], None],
        went: Callable[[tuple[ApiResource, ...]], None],
    ) -> None:
        self._cluster = cluster
        self._surroundings = surroundings
        self._came = came
        self._went = went

    def check_once(self) -> None:
        """Blocks. Raises `ApiError` where there was no answer, which proves nothing."""
        for probe, presence in self._surroundings.presences.items():
            if presence.saw(self._cluster.serves(probe)):
                log.info("optional kind", extra={"kind": probe.kind, "present": presence.present})
                (self._came if presence.present else self._went)(kinds_with(probe))

    async def run(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await asyncio.to_thread(self.check_once)
            except ApiError as error:
                log.warning("cannot look for KEDA", extra={"status": error.status, "cause": str(error)})
