"""The model is away, slow, overloaded, or wrong about single records."""

from chaos.faults import Kind
from chaos.scenario import Scenario
from chaos.scene import Scene

# A budget that any of the outages below outlasts, so that giving up would show.
SMALL_BUDGET = {"timeoutSeconds": 2, "retry": {"maxAttempts": 3, "maxElapsedSeconds": 4}}
OUTAGE_SECONDS = 12
THREE_ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


def model_down(scene: Scene) -> None:
    """Nothing listens for three times what any record may be retried."""
    scene.send()
    scene.reach(0.3)
    scene.fault("model down")
    scene.model.down()
    scene.pause(OUTAGE_SECONDS)
    scene.model.up()


def model_failing(scene: Scene) -> None:
    """It listens, but every answer is a failure: overload first, then its own fault."""
    scene.send()
    for share, status in ((0.2, "503"), (0.4, "429"), (0.6, "500")):
        scene.reach(share)
        scene.fault(f"{status} to everybody")
        scene.model.everybody(status)
        scene.pause(OUTAGE_SECONDS)
        scene.model.everybody("")


def model_slow(scene: Scene) -> None:
    """Slower than it was, then slower than the timeout, then without any answer."""
    scene.send()
    scene.reach(0.2)
    scene.fault("0.5 s per answer")
    scene.model.latency(0.5)
    scene.pause(OUTAGE_SECONDS)
    scene.fault("4 s per answer, beyond the timeout")
    scene.model.latency(4)
    scene.pause(OUTAGE_SECONDS)
    scene.model.latency(0)
    scene.reach(0.5)
    scene.fault("no answer at all")
    scene.model.everybody("hang")
    scene.pause(OUTAGE_SECONDS)
    scene.model.everybody("")


def bad_answers(scene: Scene) -> None:
    """Per record: everything that an answer can be wrong in."""
    scene.send()
    scene.until("the model did something wrong", lambda: scene.model.status().faults)
    scene.fault("wrong answers to single records")
    scene.reach(1.0)
    scene.fault_count += scene.model.status().faults


def one_endpoint_dead(scene: Scene) -> None:
    scene.send()
    scene.reach(0.2)
    scene.fault("one of three endpoints dead")
    scene.model.down(THREE_ADDRESSES[1])
    scene.reach(0.7)
    scene.model.up(THREE_ADDRESSES[1])


PER_RECORD = {
    Kind.REFUSED: 10_000,
    Kind.OVERLOADED: 1_000,
    Kind.FAILED: 2_000,
    Kind.UNAVAILABLE: 2_000,
    Kind.GARBAGE: 1_000,
    Kind.TRUNCATED: 1_000,
    Kind.RESET: 1_000,
    Kind.HANG: 200,
    Kind.SLOW: 500,
    Kind.GIVEN_UP: 300,
}

SCENARIOS = (
    Scenario("model-down", model_down, delivery=SMALL_BUDGET),
    Scenario("model-failing", model_failing, delivery=SMALL_BUDGET, deadline_seconds=240),
    Scenario("model-slow", model_slow, delivery=SMALL_BUDGET, deadline_seconds=240),
    Scenario("model-bad-answers", bad_answers, delivery={"timeoutSeconds": 2}, per_million=PER_RECORD),
    Scenario(
        "model-bad-answers-batched",
        bad_answers,
        delivery={"timeoutSeconds": 2, "batch": {"maxRecords": 16}},
        mix={"empty_values": 0},  # not JSON, which a batch needs
        per_million=PER_RECORD,
    ),
    Scenario("model-endpoint-dead", one_endpoint_dead, addresses=THREE_ADDRESSES),
)
