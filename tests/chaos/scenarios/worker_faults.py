"""The worker dies, is restarted, and is scaled, while records flow."""

from chaos.scenario import Scenario
from chaos.scene import Scene


def one_sigkill(scene: Scene) -> None:
    scene.send()
    scene.reach(0.3)
    scene.kill_and_restart()


def many_sigkills(scene: Scene) -> None:
    """Also right after a start: before it joined, and while the group still waits for the dead member."""
    scene.send()
    for share in (0.1, 0.4, 0.7):
        scene.reach(share)
        scene.fault(f"SIGKILL at {share:.0%}")
        scene.workers.kill(0)
        for seconds_after_start in (0.3, 2.0):
            scene.workers.start(0)
            scene.pause(seconds_after_start)
            scene.side_fault(f"SIGKILL {seconds_after_start} s after a start")
            scene.workers.kill(0)
        scene.start_again()
    scene.reach(0.9)


def rolling_restarts(scene: Scene) -> None:
    scene.send()
    scene.reach(0.1)
    for number in (0, 1, 0, 1):
        scene.fault(f"SIGTERM worker {number}")
        scene.workers.drain([number])
        scene.workers.start(number)
        scene.workers.wait_ready(number)


def scale_up_and_down(scene: Scene) -> None:
    scene.send()
    scene.reach(0.1)
    scene.fault("scale from 1 to 3")
    scene.workers.add(2)
    scene.reach(0.6)
    scene.fault("scale from 3 to 1")
    scene.workers.drain([0, 2])


SCENARIOS = (
    Scenario("worker-sigkill-once", one_sigkill, duplicate_windows=1),
    # A member that dies while it joins is missed only after the one before it: two session timeouts of 15 s, not one.
    Scenario(
        "worker-sigkill-many", many_sigkills, duplicate_windows=9, recovery_at_most_seconds=35, deadline_seconds=240
    ),
    # A rebalance may repeat what was in flight; these two make one each time.
    Scenario(
        "worker-rolling-restart",
        rolling_restarts,
        workers=2,
        records_per_second=1500,
        sends_until_the_end=True,
        duplicate_windows=4,
    ),
    Scenario(
        "worker-scale-1-3-1",
        scale_up_and_down,
        records_per_second=1500,
        sends_until_the_end=True,
        duplicate_windows=2,
    ),
)
