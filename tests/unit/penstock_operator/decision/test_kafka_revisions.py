"""New Kafka settings reach workers only after their pre-flight, and nothing else waits for it."""

from itertools import pairwise
from typing import Any

import pytest

from penstock_operator import names
from penstock_operator.decision.times import parse_time
from penstock_operator.observed import ChildKey
from penstock_operator.reasons import WorkerReason
from penstock_operator.render.worker_deployment import kafka_revision_of
from support.custom_resources.documents import first_document, with_spec
from support.simulated.api_server import START
from support.simulated.world import World

DAY = 86_400


def settled(spec: dict[str, Any] | None = None) -> World:
    world = World(with_spec(spec or {}))
    world.settle(quiet_seconds=10)
    return world


def jobs(world: World) -> list[str]:
    return [key.name for key, _ in world.api.of_kind("Job")]


def revision_in_use(world: World) -> str | None:
    return kafka_revision_of(world.api.objects[world.worker_key])


def seconds_since_start(time: str) -> float:
    parsed = parse_time(time)
    assert parsed
    return (parsed - START).total_seconds()


def test_no_worker_exists_before_the_first_pre_flight_passed() -> None:
    world = World(first_document())
    world.knobs.preflight = WorkerReason.BROKERS_UNREACHABLE
    world.run(100)
    assert world.worker_key not in world.api.objects
    assert world.reason("KafkaReady") == ("False", "BrokersUnreachable")
    assert world.reason("WorkersReady") == ("False", "AwaitingKafka")
    assert world.reason("Ready") == ("False", "BrokersUnreachable")
    assert world.reason("Stalled") == ("False", "NotStalled")


def test_the_first_file_is_ready_a_few_passes_after_its_pods() -> None:
    world = settled()
    assert seconds_since_start(world.condition("Ready")["lastTransitionTime"]) <= 12


def test_workers_stay_on_the_active_revision_until_the_candidate_has_passed() -> None:
    world = settled()
    before = revision_in_use(world)
    world.knobs.preflight = WorkerReason.TOPIC_MISSING
    world.edit_spec({"kafka": {"topics": {"output": "elsewhere"}}})
    world.run(60)
    assert revision_in_use(world) == before
    assert world.reason("KafkaReady") == ("False", "TopicMissing")
    assert world.reason("WorkersReady") == ("True", "WorkersAvailable")
    assert world.reason("Ready") == ("False", "TopicMissing")
    world.knobs.preflight = None
    world.run(90)
    assert revision_in_use(world) not in (None, before)
    assert world.reason("Ready") == ("True", "Ready")
    assert names.kafka_config("fraud", before or "") not in [key.name for key in world.api.objects]


def test_other_fields_apply_while_a_candidate_is_refused() -> None:
    world = settled()
    before = revision_in_use(world)
    world.knobs.preflight = WorkerReason.TOPIC_MISSING
    world.edit_spec({"kafka": {"topics": {"output": "elsewhere"}}, "model": {"image": "registry.example/fraud:2"}})
    world.run(60)
    assert revision_in_use(world) == before
    assert "registry.example/fraud:2" in str(world.api.objects[world.worker_key])


def test_a_change_of_topics_is_told_in_an_event() -> None:
    world = settled()
    world.events.clear()
    world.edit_spec({"kafka": {"topics": {"output": "elsewhere"}}})
    world.settle(quiet_seconds=10)
    told = [event for event in world.events if event.reason == "RevisionActivated"]
    assert len(told) == 1
    assert "transactions to elsewhere" in told[0].message


def test_a_refused_candidate_that_is_taken_back_leaves_the_active_one_checked() -> None:
    world = settled()
    world.knobs.preflight = WorkerReason.TOPIC_MISSING
    world.edit_spec({"kafka": {"topics": {"output": "elsewhere"}}})
    world.run(30)
    world.knobs.preflight = None
    world.edit_spec({"kafka": {"topics": {"output": "transactions.scored"}}})
    world.settle(quiet_seconds=10)
    assert world.reason("KafkaReady") == ("True", "Prepared")
    assert world.reason("Ready") == ("True", "Ready")


def test_a_lost_status_is_read_from_the_pods_template() -> None:
    world = settled()
    before = revision_in_use(world)
    world.knobs.preflight = WorkerReason.TOPIC_MISSING
    world.edit_spec({"kafka": {"topics": {"output": "elsewhere"}}})
    world.run(20)
    world.resource.pop("status")
    world.touch()
    world.run(2)
    assert world.status["kafka"]["activeRevision"] == before == revision_in_use(world)


def test_a_finished_job_that_somebody_deleted_is_not_run_again() -> None:
    world = settled()
    for name in jobs(world):
        world.api.delete(ChildKey("Job", name))
    world.touch()
    world.run(60)
    assert jobs(world) == []


def test_a_job_deleted_while_it_runs_is_run_again() -> None:
    world = World(first_document())
    world.run(2)
    (name,) = jobs(world)
    world.api.delete(ChildKey("Job", name))
    world.touch()
    world.settle(quiet_seconds=10)
    assert world.reason("Ready") == ("True", "Ready")


def test_attempts_wait_five_seconds_and_then_twice_as_long_up_to_a_minute() -> None:
    world = World(first_document())
    world.knobs.preflight = WorkerReason.BROKERS_UNREACHABLE
    ended = set()
    for _ in range(330):
        world.run(1)
        ended.add(world.status["kafka"].get("prepare", {}).get("finishedAt"))
    times = sorted(seconds_since_start(time) for time in ended if time)
    waits = [later - earlier for earlier, later in pairwise(times)]
    own = 4  # the Job's own time
    assert [wait - own for wait in waits[:6]] == pytest.approx([5, 10, 20, 40, 60, 60], abs=2)


def test_a_secret_that_appears_heals_within_a_minute_though_nothing_tells_the_operator() -> None:
    world = World(first_document())
    world.knobs.needs_secret, world.knobs.secret_exists = True, False
    world.run(400)
    assert world.reason("KafkaReady") == ("False", "SecretMissing")
    world.knobs.secret_exists = True
    world.run(60)
    assert world.reason("Ready") == ("True", "Ready")


def test_a_changed_model_url_is_tried_at_once() -> None:
    spec = {"model": {"image": None, "url": "http://wrong:8080", "version": "1"}}
    world = World(with_spec(spec))
    world.knobs.preflight = WorkerReason.MODEL_UNREACHABLE
    world.run(300)
    world.knobs.preflight = None
    world.edit_spec({"model": {"url": "http://right:8080"}})
    world.run(15)
    assert world.reason("Ready") == ("True", "Ready")


def test_the_last_two_jobs_are_kept() -> None:
    world = World(first_document())
    world.knobs.preflight = WorkerReason.BROKERS_UNREACHABLE
    world.run(300)
    revision = world.status["kafka"]["prepare"]["revision"]
    attempt = world.status["kafka"]["prepare"]["attempt"]
    assert names.prepare_job("fraud", revision, attempt) in jobs(world)
    assert len(jobs(world)) == 2


def test_a_group_that_others_are_in_is_stalled_and_still_tried_again() -> None:
    world = World(first_document())
    world.knobs.preflight = WorkerReason.GROUP_IN_USE
    world.run(60)
    assert world.reason("Stalled") == ("True", "GroupInUse")
    world.knobs.preflight = None
    world.run(90)
    assert world.reason("Stalled") == ("False", "NotStalled")
    assert world.reason("Ready") == ("True", "Ready")


def arguments(world: World) -> str:
    containers = [job["spec"]["template"]["spec"]["containers"][0] for _, job in world.api.of_kind("Job")]
    return " ".join(argument for container in containers for argument in container["args"])


def test_commits_are_renewed_daily_while_no_worker_runs() -> None:
    world = settled({"scaling": {"minReplicas": 0, "cooldownPeriodSeconds": 30}})
    world.settle(quiet_seconds=60)
    assert world.replicas() == 0
    checked_at = world.status["kafka"]["checkedAt"]
    world.api.pass_time(DAY)
    world.touch()
    world.run(30)
    assert "renew" in arguments(world)
    assert world.status["kafka"]["checkedAt"] != checked_at
    assert world.reason("Ready") == ("True", "ScaledToZero")


def test_while_workers_run_the_daily_pre_flight_only_checks() -> None:
    world = settled()
    world.api.pass_time(DAY)
    world.touch()
    world.run(30)
    assert "check" in arguments(world)
    assert "renew" not in arguments(world)


def test_the_daily_pre_flight_is_due_by_time_alone() -> None:
    world = settled()
    assert world.last
    assert 0.9 * DAY - 60 < (world.last.requeue_after_seconds or 0) <= DAY


def test_a_failed_check_leaves_the_workers_alone_and_is_told() -> None:
    world = settled()
    world.knobs.preflight = WorkerReason.BROKERS_UNREACHABLE
    world.api.pass_time(DAY)
    world.touch()
    world.run(30)
    assert world.reason("KafkaReady") == ("False", "BrokersUnreachable")
    assert world.api.objects[world.worker_key]["status"]["readyReplicas"] == 1
    world.knobs.preflight = None
    world.run(90)
    assert world.reason("Ready") == ("True", "Ready")


def test_workers_are_left_alone_when_the_settings_they_use_are_lost() -> None:
    world = settled()
    before = revision_in_use(world) or ""
    world.knobs.preflight = WorkerReason.TOPIC_MISSING
    world.edit_spec({"kafka": {"topics": {"output": "elsewhere"}}})
    world.api.delete(ChildKey("ConfigMap", names.kafka_config("fraud", before)))
    world.run(1)
    assert world.reason("KafkaReady") == ("False", "ActiveRevisionLost")
    world.run(60)
    assert revision_in_use(world) == before
    world.knobs.preflight = None
    world.run(90)
    assert world.reason("Ready") == ("True", "Ready")


def test_a_pre_flight_for_what_nobody_wants_any_more_is_stopped() -> None:
    world = settled()
    world.edit_spec({"kafka": {"topics": {"output": "one"}}})
    world.run(2)
    world.edit_spec({"kafka": {"topics": {"output": "two"}}})
    world.settle(quiet_seconds=10)
    assert world.reason("Ready") == ("True", "Ready")
    assert [event.reason for event in world.events].count("RevisionActivated") == 2


def test_a_renewal_goes_before_another_try_of_a_refused_candidate() -> None:
    """Or the active group's commits would expire while somebody mends the candidate."""
    world = settled({"paused": True})
    world.knobs.preflight = WorkerReason.TOPIC_MISSING
    world.edit_spec({"kafka": {"topics": {"output": "elsewhere"}}})
    world.run(30)
    world.api.pass_time(DAY)
    world.knobs.preflight = None
    seen = set()
    for _ in range(40):
        world.run(1)
        seen.add(world.status["kafka"]["prepare"].get("mode"))
    assert "renew" in seen
    assert world.reason("KafkaReady") == ("True", "Prepared")


def test_a_pre_flight_whose_pod_never_starts_keeps_that_reason_after_its_deadline() -> None:
    world = World(first_document())
    world.knobs.jobs_run = False
    world.run(2)
    (name,) = jobs(world)
    waiting = {"name": "prepare", "image": "i", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
    labels = {"app.kubernetes.io/component": "prepare"}
    pod = {"metadata": {"name": "p", "labels": labels}, "status": {"phase": "Pending", "containerStatuses": [waiting]}}
    world.controllers.pods["p"] = {**pod, "owner": ["Job", name], "template": ""}
    world.touch()
    world.run(1)
    assert world.reason("KafkaReady") == ("False", "ImagePullBackOff")
    failed = {"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}
    failed["lastTransitionTime"] = "2026-01-01T00:02:00Z"
    world.api.edit(ChildKey("Job", name), lambda live: live.update(status={"conditions": [failed]}))
    del world.controllers.pods["p"]
    world.touch()
    world.run(2)
    assert world.reason("KafkaReady") == ("False", "ImagePullBackOff")
