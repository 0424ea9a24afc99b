"""Rows that the model fails on with 500, among good ones, at one or several addresses that are ejected as they are.

Every good row must come through, and every bad one be given up, though each batch may hold a bad one: then every
request fails, and the worker sees what an outage looks like.
"""

import asyncio
import json

import pytest

from penstock_worker.core.endpoints import Endpoint, Endpoints
from penstock_worker.messages import Call
from support.builders import Source
from support.predict_stage import ScriptedModel, Stage, loop_time, stage_clock  # noqa: F401 - a fixture

pytestmark = [pytest.mark.looptime, pytest.mark.usefixtures("stage_clock")]

ANSWER_SECONDS = 0.01
ROWS = 400


class RealEndpoints(ScriptedModel):
    """Chooses and ejects as the HTTP transport does. Fails on requests that hold a negative number."""

    def __init__(self, addresses: int) -> None:
        super().__init__()
        self.endpoints = Endpoints()
        self.endpoints.resolved([f"address-{number}" for number in range(addresses)])
        self.asked_of: dict[Call, Endpoint] = {}

    def send(self, call: Call, body: bytes, headers: bytes | None, now: float, *, probe: bool = False) -> bool:
        endpoint = self.endpoints.choose(now, even_ejected=probe)
        if endpoint is None:
            return False
        endpoint.in_flight += 1
        self.asked_of[call] = endpoint
        asyncio.get_running_loop().call_later(ANSWER_SECONDS, self.decide, call)
        return super().send(call, body, headers, now, probe=probe)

    def decide(self, call: Call) -> None:
        endpoint = self.asked_of.pop(call)
        endpoint.in_flight -= 1
        assert call.value is not None
        asked = json.loads(call.value)
        if any(number < 0 for number in (asked if isinstance(asked, list) else [asked])):
            endpoint.failed(loop_time(), call)
            self.reply(call, 500)
        else:
            endpoint.answered()
            self.answer(call, call.value)

    def has_endpoint(self, now: float) -> bool:
        return not self.endpoints.all_ejected(now)

    def reinstate(self) -> None:
        for endpoint in self.endpoints.all:
            endpoint.answered()


@pytest.mark.parametrize("addresses", [1, 3])
@pytest.mark.parametrize("bad_every", [5, 20, 100])
@pytest.mark.parametrize("max_records", [1, 10, 100])
async def test_good_rows_come_through_and_bad_ones_are_given_up(
    addresses: int, bad_every: int, max_records: int
) -> None:
    """A row a second keeps coming: without any good one at hand, nothing tells bad rows from an outage."""
    stage = Stage(max_records=max_records, slow_start=True, model=RealEndpoints(addresses))
    source = Source()
    rows = [source.record(None, b"%d" % (-number if number % bad_every == 3 else number)) for number in range(ROWS)]
    stage.submit(*rows)
    ended: set[object] = set()
    while not ended.issuperset(rows):
        assert loop_time() < 900, f"{len(stage.outputs)} answered, {len(stage.errors)} given up"
        await asyncio.sleep(1)
        stage.submit(source.record(None, b"0"))
        ended = {*stage.output_records, *(record for record, _ in stage.errors)}
    bad = {record for record in rows if record.value and record.value.startswith(b"-")}
    assert {record for record, _ in stage.errors} == bad
    assert set(stage.error_codes) == {"RetriesExhausted"}
