"""End-to-end latency at a steady rate: from just before the input's produce() to the moment a consumer has the answer.

The same probe measures every bridge, and its own share (a produce and a fetch) is in every figure.
"""

from contextlib import closing

from bench import figures
from bench.figures import Latency
from bench.probe import RECORDS_PER_SECOND, Answers, Arrival, SteadySender
from bench.rig import Bridge, Rig, RunFailedError
from bench.rows import Row

START_LIMIT_SECONDS = 60
STRAGGLER_SECONDS = 10


def measure(rig: Rig, row: Row, arrival: Arrival, *, warm_seconds: float, seconds: float) -> Latency:
    source = rig.broker.fresh_topic("steady")
    with (
        rig.bridge(row, source) as bridge,
        closing(Answers(rig.broker, bridge.route.target)) as answers,
        SteadySender(rig.broker, source, arrival) as sender,
    ):
        measured = _receive(bridge, answers, sender, warm_seconds=warm_seconds, seconds=seconds)
    return figures.latency(
        row.name + arrival.suffix, (answers.seen_at[number] - sender.sent_at[number] for number in measured)
    )


def _receive(bridge: Bridge, answers: Answers, sender: SteadySender, *, warm_seconds: float, seconds: float) -> range:
    """The numbers of the records to measure, once every one of them is answered."""
    try:
        answers.receive_until(lambda: bool(answers.seen_at), START_LIMIT_SECONDS)
        first = len(sender.sent_at) + int(warm_seconds * RECORDS_PER_SECOND)
        measured = range(first, first + int(seconds * RECORDS_PER_SECOND))
        answers.receive_until(lambda: len(sender.sent_at) >= measured.stop, 2 * (warm_seconds + seconds))
        answers.receive_until(lambda: answers.has_all(measured), STRAGGLER_SECONDS)
    except TimeoutError as error:
        bridge.check()
        raise RunFailedError(f"{bridge.row.name}: {error}\n{bridge.process.log_tail()}") from error
    return measured
