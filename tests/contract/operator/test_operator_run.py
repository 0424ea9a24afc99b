"""The whole operator around a small decision: what it watches, writes, repairs and leaves alone."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from penstock_operator.observed import Decision, Observed
from penstock_operator.options import Options
from penstock_operator.state.kinds import BY_KIND, MODEL_DEPLOYMENT, SCALED_OBJECT
from support.fake_api import discovery
from support.fake_api.faults import Fault
from support.fake_api.server import FakeApi
from support.operator.api import Api, User
from support.operator.operator_run import OperatorRun
from support.operator.stub_decision import child_name, decide, labels
from support.waiting import wait_until

CONFIG_MAP = BY_KIND["ConfigMap"]
SOON_SECONDS = 30  # a moment, on a machine that is busy with other things
REPAIR_SECONDS = 5
QUIET_SECONDS = 1.5


def ready(user: User, name: str) -> dict[str, Any]:
    found = user.get(MODEL_DEPLOYMENT, name) or {}
    conditions: list[dict[str, Any]] = found.get("status", {}).get("conditions", [])
    return conditions[0] if conditions else {}


def wait_for(user: User, name: str, reason: str = "AsWanted", *, generation: int = 1) -> None:
    def holds() -> bool:
        condition = ready(user, name)
        return condition.get("reason") == reason and condition.get("observedGeneration") == generation

    wait_until(f"{name} is {reason} at {generation}", holds, SOON_SECONDS)


def config_of(user: User, name: str) -> dict[str, Any]:
    return user.get(CONFIG_MAP, child_name(name)) or {}


@pytest.fixture
def operator(api: Api, user: User) -> Iterator[OperatorRun]:
    with OperatorRun(api, decide, namespaces=(user.namespace,)) as run:
        yield run


def test_a_resource_gets_its_child_its_status_and_an_event(operator: OperatorRun, user: User) -> None:
    user.create_deployment("fraud")
    wait_for(user, "fraud")
    assert config_of(user, "fraud")["data"] == {"paused": "False"}
    events = user.connection.request("GET", f"/apis/events.k8s.io/v1/namespaces/{user.namespace}/events").json()
    assert "AsWanted" in {event["reason"] for event in events["items"]}


def test_a_changed_spec_is_followed(operator: OperatorRun, user: User) -> None:
    user.create_deployment("fraud")
    wait_for(user, "fraud")
    user.merge(MODEL_DEPLOYMENT, "fraud", {"spec": {"paused": True}})
    wait_for(user, "fraud", generation=2)
    assert config_of(user, "fraud")["data"] == {"paused": "True"}


def test_a_child_that_somebody_edits_or_deletes_or_unlabels_is_repaired(operator: OperatorRun, user: User) -> None:
    user.create_deployment("fraud")
    wait_for(user, "fraud")
    harms = (
        lambda: user.merge(CONFIG_MAP, child_name("fraud"), {"data": {"paused": "edited"}}),
        lambda: user.delete(CONFIG_MAP, child_name("fraud")),
        lambda: user.merge(CONFIG_MAP, child_name("fraud"), {"metadata": {"labels": dict.fromkeys(labels("x"))}}),
    )
    for harm in harms:
        harm()

        def is_whole() -> bool:
            found = config_of(user, "fraud")
            wanted = ({"paused": "False"}, labels("fraud"))
            return bool(found) and (found.get("data"), found["metadata"].get("labels")) == wanted

        wait_until("the child is as it should be", is_whole, REPAIR_SECONDS)


def test_a_strangers_object_is_left_alone_and_its_going_is_noticed(operator: OperatorRun, user: User) -> None:
    theirs = user.create(CONFIG_MAP, child_name("fraud"), {"data": {"theirs": "1"}})
    user.create_deployment("fraud")
    wait_for(user, "fraud", "Conflict")
    assert config_of(user, "fraud") == theirs
    user.delete(CONFIG_MAP, child_name("fraud"))
    wait_for(user, "fraud")


def test_nothing_is_written_where_nothing_changes_also_by_a_new_operator(api: Api, user: User) -> None:
    with OperatorRun(api, decide, namespaces=(user.namespace,)) as first:
        for number in range(5):
            user.create_deployment(f"fraud-{number}")
        for number in range(5):
            wait_for(user, f"fraud-{number}")
        time.sleep(QUIET_SECONDS)
        written = first.metric("penstock_operator_writes_total")
        time.sleep(QUIET_SECONDS)
        assert first.metric("penstock_operator_writes_total") == written
    with OperatorRun(api, decide, namespaces=(user.namespace,)) as second:
        reconciled = 'penstock_operator_reconciles_total{result="success"}'
        wait_until("all were looked at", lambda: second.metric(reconciled) >= 5, SOON_SECONDS)
        time.sleep(QUIET_SECONDS)
        assert second.metric("penstock_operator_writes_total") == 0


def test_what_happened_while_it_was_away_is_made_up_for(api: Api, user: User) -> None:
    with OperatorRun(api, decide, namespaces=(user.namespace,)):
        user.create_deployment("fraud")
        wait_for(user, "fraud")
    user.merge(MODEL_DEPLOYMENT, "fraud", {"spec": {"paused": True}})
    user.delete(CONFIG_MAP, child_name("fraud"))
    with OperatorRun(api, decide, namespaces=(user.namespace,)):
        wait_for(user, "fraud", generation=2)
        assert config_of(user, "fraud")["data"] == {"paused": "True"}


def test_it_is_alive_and_ready_and_says_what_it_holds(operator: OperatorRun, user: User) -> None:
    wait_until("it is ready", lambda: operator.get("/readyz")[0] == 200, SOON_SECONDS)
    user.create_deployment("fraud")
    wait_for(user, "fraud")
    assert operator.get("/healthz") == (200, "ok\n")
    assert operator.metric('penstock_operator_objects{kind="ModelDeployment"}') == 1
    assert operator.metric('penstock_operator_watch_events_total{kind="ModelDeployment"}') >= 1


def test_other_namespaces_are_not_its_business(operator: OperatorRun, api: Api, user: User) -> None:
    elsewhere = User(user.connection, "default")
    name = f"not-watched-{user.namespace}"
    elsewhere.create_deployment(name)
    user.create_deployment("fraud")
    wait_for(user, "fraud")
    assert "status" not in (elsewhere.get(MODEL_DEPLOYMENT, name) or {})
    elsewhere.delete(MODEL_DEPLOYMENT, name)


# --- what only a fake API server can be made to do ---------------------------------------------------------------


@pytest.fixture
def fake_operator(fake_api: Api) -> Iterator[OperatorRun]:
    with OperatorRun(fake_api, decide) as run:
        wait_until("it is ready", lambda: run.get("/readyz")[0] == 200, SOON_SECONDS)
        yield run


def test_it_asks_the_api_server_for_nothing_but_its_kinds(fake_api: Api, fake: FakeApi, fake_user: User) -> None:
    """No Secret above all."""
    with OperatorRun(fake_api, decide) as run:
        wait_until("it watches", lambda: fake.watches == len(fake.served), SOON_SECONDS)
        fake_user.create_deployment("fraud")
        wait_for(fake_user, "fraud")
        run.relist_now()
        time.sleep(QUIET_SECONDS)
    groups = {resource.group_path for resource in (*BY_KIND.values(), discovery.NAMESPACE, discovery.DEFINITION)}
    schema = f"/openapi/v3{MODEL_DEPLOYMENT.group_path}"
    lists = {resource.path(None) for resource in BY_KIND.values()}
    by_user = MODEL_DEPLOYMENT.path(fake_user.namespace, "fraud")
    assert fake.read == {"/api", "/apis", *groups, schema, *lists, by_user}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("PATCH", "/configmaps/", 409, times=2),
        Fault("PATCH", "/configmaps/", 429, times=2),
        Fault("PATCH", "/configmaps/", 503, times=2),
        Fault("PUT", "/status", 409, times=2),
        Fault("PUT", "/status", 500, times=2),
        Fault("POST", "/events", 500, times=2),
    ],
    ids=lambda fault: f"{fault.method} {fault.status}",
)
def test_a_write_that_fails_for_a_while_is_done_later(
    fake_operator: OperatorRun, fake: FakeApi, fake_user: User, fault: Fault
) -> None:
    fake.faults.pending.append(replace(fault))
    fake_user.create_deployment("fraud")
    wait_for(fake_user, "fraud")
    assert fake.faults.pending[0].hit >= 1
    assert len([write for write in fake.writes if write.path.endswith("/configmaps/fraud-config")]) == 1


def test_a_server_that_asks_for_time_gets_it(fake_operator: OperatorRun, fake: FakeApi, fake_user: User) -> None:
    fake.faults.add("PATCH", "/configmaps/", 429, retry_after=3)
    began = time.monotonic()
    fake_user.create_deployment("fraud")
    wait_for(fake_user, "fraud")
    assert time.monotonic() - began >= 3


def test_a_refusal_is_told_and_heals_by_itself(fake_operator: OperatorRun, fake: FakeApi, fake_user: User) -> None:
    fake.faults.add("PATCH", "/configmaps/", 403, times=2)
    fake_user.create_deployment("fraud")
    wait_for(fake_user, "fraud", "Refused")
    wait_for(fake_user, "fraud")


def test_a_server_that_refuses_everything_at_the_start_is_waited_for(
    fake: FakeApi, fake_api: Api, fake_user: User
) -> None:
    fake.faults.add("GET", "/openapi/", 503)
    fake.faults.add("GET", "/configmaps", 500)
    fake.faults.add("GET", "/pods", 429, retry_after=1)
    fake_user.create_deployment("fraud")
    with OperatorRun(fake_api, decide):
        wait_for(fake_user, "fraud")


def test_one_broken_resource_does_not_delay_the_others(fake_api: Api, fake_user: User) -> None:
    def decide_or_break(observed: Observed, options: Options) -> Decision:
        if observed.resource["metadata"]["name"] == "broken":
            raise ZeroDivisionError("a fault of the operator")
        return decide(observed, options)

    with OperatorRun(fake_api, decide_or_break) as run:
        fake_user.create_deployment("broken")
        for number in range(10):
            fake_user.create_deployment(f"fraud-{number}")
        for number in range(10):
            wait_for(fake_user, f"fraud-{number}")
        assert run.metric('penstock_operator_reconciles_total{result="error"}') >= 1
        assert run.get("/healthz")[0] == 200


def test_no_resource_is_in_two_passes_at_once(fake_api: Api, fake_user: User) -> None:
    inside: dict[str, int] = {}
    most, lock = [0], threading.Lock()

    def slow(observed: Observed, options: Options) -> Decision:
        name = observed.resource["metadata"]["name"]
        with lock:
            inside[name] = inside.get(name, 0) + 1
            most[0] = max(most[0], inside[name])
        time.sleep(0.05)
        with lock:
            inside[name] -= 1
        return decide(observed, options)

    with OperatorRun(fake_api, slow):
        fake_user.create_deployment("fraud")
        for turn in range(10):
            fake_user.merge(MODEL_DEPLOYMENT, "fraud", {"spec": {"paused": turn % 2 == 0}})
        wait_for(fake_user, "fraud", generation=11)
    assert most == [1]


def test_keda_may_come_and_go(fake: FakeApi, fake_api: Api, fake_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_operator.watch.optional_kinds.CHECK_SECONDS", 0.2)
    monkeypatch.setattr("penstock_operator.run.FIRST_CHECKS_SECONDS", 0.2)
    monkeypatch.setattr("penstock_operator.watch.watches.RESTART_SECONDS", 0.1)
    keda = {resource for resource in fake.served if resource.group == "keda.sh"}
    fake.served -= keda
    with OperatorRun(fake_api, decide) as run:
        fake_user.create_deployment("fraud")
        wait_until("KEDA is absent", lambda: ready(fake_user, "fraud").get("message") == "KEDA: False", SOON_SECONDS)
        fake.served |= keda
        wait_until("KEDA is there", lambda: ready(fake_user, "fraud").get("message") == "KEDA: True", SOON_SECONDS)
        fake_user.create(SCALED_OBJECT, "fraud", {"metadata": {"labels": labels("fraud")}, "spec": {}})
        held = 'penstock_operator_objects{kind="ScaledObject"}'
        wait_until("its objects are watched", lambda: run.metric(held) == 1, SOON_SECONDS)
        fake.served -= keda
        wait_until("KEDA is absent", lambda: ready(fake_user, "fraud").get("message") == "KEDA: False", SOON_SECONDS)
        assert run.metric(held) == 0
        fake_user.merge(MODEL_DEPLOYMENT, "fraud", {"spec": {"paused": True}})
        wait_for(fake_user, "fraud", generation=2)
        assert run.get("/healthz")[0] == 200


def test_a_history_that_is_gone_makes_it_list_anew(fake_operator: OperatorRun, fake: FakeApi, fake_user: User) -> None:
    fake_user.create_deployment("fraud")
    wait_for(fake_user, "fraud")
    fake.compact()
    fake_user.merge(MODEL_DEPLOYMENT, "fraud", {"spec": {"paused": True}})
    wait_for(fake_user, "fraud", generation=2)


def test_a_deletion_that_no_watch_told_of_is_found_by_the_next_list(
    fake: FakeApi, fake_api: Api, fake_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OperatorRun(fake_api, decide) as run:
        fake_user.create_deployment("fraud")
        wait_for(fake_user, "fraud")
        fake.mute = True
        fake_user.delete(CONFIG_MAP, child_name("fraud"))
        time.sleep(QUIET_SECONDS)
        assert not config_of(fake_user, "fraud")
        run.relist_now()
        wait_until("it is repaired", lambda: bool(config_of(fake_user, "fraud")), SOON_SECONDS)


def test_a_watch_that_fell_silent_fails_the_health_probe_and_a_quiet_cluster_does_not(
    fake: FakeApi, fake_api: Api, fake_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock_operator.reporting.health.LONGEST_BEHIND_SECONDS", 1.0)
    with OperatorRun(fake_api, decide) as run:
        fake_user.create_deployment("fraud")
        wait_for(fake_user, "fraud")
        time.sleep(QUIET_SECONDS)
        assert run.get("/healthz")[0] == 200
        fake.mute = True
        fake_user.merge(MODEL_DEPLOYMENT, "fraud", {"spec": {"paused": True}})
        run.relist_now()
        wait_until("the probe fails", lambda: run.get("/healthz")[0] == 503, SOON_SECONDS)
        assert "is behind" in run.get("/healthz")[1]
        fake.mute = False
        wait_until("it is well again", lambda: run.get("/healthz")[0] == 200, SOON_SECONDS)


def test_deleting_the_resource_takes_its_children_and_leaves_the_operator_nothing_to_do(
    fake_operator: OperatorRun, fake: FakeApi, fake_user: User
) -> None:
    fake_user.create_deployment("fraud")
    wait_for(fake_user, "fraud")
    written = len(fake.writes)
    fake_user.delete(MODEL_DEPLOYMENT, "fraud")
    time.sleep(QUIET_SECONDS)
    assert not config_of(fake_user, "fraud")
    assert len(fake.writes) == written + 1  # the user's


def test_a_stop_waits_for_the_pass_that_is_running(fake_api: Api, fake_user: User) -> None:
    entered = threading.Event()

    def slow(observed: Observed, options: Options) -> Decision:
        entered.set()
        time.sleep(1.0)
        return decide(observed, options)

    with OperatorRun(fake_api, slow):
        fake_user.create_deployment("fraud")
        assert entered.wait(SOON_SECONDS)
    assert ready(fake_user, "fraud")
