"""Small pure parts of the edges: health, presence, upgrades, worker reports, API errors, paths."""

import json
from dataclasses import replace

import pytest

from penstock_operator.cluster.api_errors import error_of
from penstock_operator.observed import NoReport, Upgrade, WorkerReport
from penstock_operator.reconcile.upgrades import MAX_ROLLING, Upgrades
from penstock_operator.reconcile.worker_status import BREAKER_WORDS, MAX_BYTES, OUTPUT_WORDS, REASON_WORDS, parse_report
from penstock_operator.reporting.health import Observation, why_not_alive, why_not_ready
from penstock_operator.state.keda import Presence
from penstock_operator.state.kinds import BY_KIND, MODEL_DEPLOYMENT, POD, ResourceKey
from penstock_worker.core.breaker import BreakerState, Trouble

WELL = Observation(
    watch_alive=True,
    watch_behind=None,
    behind_seconds=0.0,
    longest_reconcile_seconds=1.0,
    loop_lag_seconds=0.0,
    listed_once=True,
)


def test_a_healthy_operator_is_alive_and_ready() -> None:
    assert (why_not_alive(WELL), why_not_ready(WELL)) == (None, None)


@pytest.mark.parametrize(
    ("ill", "said"),
    [
        (replace(WELL, watch_alive=False), "watches have ended"),
        (replace(WELL, watch_behind="Pod", behind_seconds=200.0), "watch of Pod is behind for 200 s"),
        (replace(WELL, longest_reconcile_seconds=700.0), "700 s"),
        (replace(WELL, loop_lag_seconds=31.0), "31 s late"),
    ],
)
def test_what_a_restart_mends_fails_liveness_and_says_what_it_is(ill: Observation, said: str) -> None:
    assert said in (why_not_alive(ill) or "")
    assert why_not_ready(ill) is None


def test_a_watch_may_be_behind_for_a_while() -> None:
    assert why_not_alive(replace(WELL, watch_behind="Pod", behind_seconds=100.0)) is None


def test_an_operator_that_has_not_listed_is_alive_and_not_ready() -> None:
    starting = replace(WELL, listed_once=False)
    assert why_not_alive(starting) is None
    assert why_not_ready(starting) is not None


def test_one_404_proves_nothing_and_two_in_a_row_do() -> None:
    presence = Presence()
    assert (presence.saw(found=False), presence.present) == (False, None)
    assert (presence.saw(found=False), presence.present) == (True, False)
    assert (presence.saw(found=True), presence.present) == (True, True)
    assert (presence.saw(found=False), presence.present) == (False, True)
    assert (presence.saw(found=True), presence.present) == (False, True)
    assert (presence.saw(found=False), presence.present) == (False, True)


def key(number: int) -> ResourceKey:
    return ResourceKey("n", str(number))


def test_only_so_many_roll_at_once_and_the_next_begins_when_one_ends() -> None:
    upgrades = Upgrades()
    for number in range(MAX_ROLLING):
        assert upgrades.allowed(key(number))
        assert upgrades.settle(key(number), Upgrade.ROLLING) is None
    assert not upgrades.allowed(key(99))
    assert upgrades.allowed(key(0)), "one that rolls goes on"
    assert upgrades.settle(key(99), Upgrade.WAITING) is None
    assert upgrades.settle(key(0), Upgrade.ROLLING) is None
    assert upgrades.settle(key(0), Upgrade.NONE) == key(99)
    assert upgrades.allowed(key(99))


def test_one_that_is_gone_neither_rolls_nor_waits() -> None:
    upgrades = Upgrades()
    for number in range(MAX_ROLLING):
        upgrades.settle(key(number), Upgrade.ROLLING)
    upgrades.settle(key(99), Upgrade.WAITING)
    upgrades.settle(key(99), Upgrade.NONE)
    assert upgrades.settle(key(0), Upgrade.NONE) is None


def report(**changes: object) -> bytes:
    return json.dumps({"breaker": "Open", "reason": "ModelDown", "output": "Writable", "held": 3} | changes).encode()


def test_a_report_is_taken_word_by_word() -> None:
    assert parse_report(report()) == WorkerReport("Open", "ModelDown", "Writable")
    assert parse_report(report(breaker="Closed", reason=None)) == WorkerReport("Closed", None, "Writable")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 1000,
        report(breaker="Ajar"),
        report(breaker=["Open"]),
        report(reason="<script>"),
        report(output=None),
    ],
)
def test_whatever_else_a_pod_says_is_no_answer(body: bytes) -> None:
    assert parse_report(body) is NoReport.NO_ANSWER


def test_the_words_are_those_of_the_worker() -> None:
    assert {trouble.value for trouble in Trouble} == REASON_WORDS
    assert {word.upper() for word in BREAKER_WORDS} == {state.name.replace("_", "") for state in BreakerState}
    assert {"Writable", "OutputUnwritable"} == OUTPUT_WORDS


def test_a_worker_says_less_than_is_read() -> None:
    longest = {"partitions": 10**9, "held": 10**9, "inFlight": 10**9, "reason": max(REASON_WORDS, key=len)}
    assert len(report(**longest)) < MAX_BYTES / 4


def test_an_error_says_what_the_server_said_cut_to_size() -> None:
    body = json.dumps({"message": "quota exceeded\n" * 100}).encode()
    error = error_of(403, {}, body)
    assert str(error).startswith("quota exceeded quota")
    assert len(str(error).encode()) <= 256
    assert error.is_refusal
    assert not error.is_conflict


def test_an_apply_to_another_object_than_was_meant_is_a_conflict() -> None:
    cause = {"reason": "FieldValueInvalid", "field": "metadata.uid"}
    error = error_of(422, {}, json.dumps({"message": "is invalid", "details": {"causes": [cause]}}).encode())
    assert error.is_conflict
    assert not error.is_refusal


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"message": null, "details": {"causes": [1]}}'])
def test_an_error_without_words_still_says_its_status(body: bytes) -> None:
    assert "502" in str(error_of(502, {}, body))


def test_a_server_may_ask_for_time() -> None:
    assert error_of(429, {"Retry-After": "7"}, b"").retry_after_seconds == 7.0
    assert error_of(429, {"Retry-After": "Fri, 31 Dec"}, b"").retry_after_seconds == 0.0
    assert not error_of(429, {}, b"").is_refusal


def test_paths_are_those_of_kubernetes() -> None:
    assert POD.path(None) == "/api/v1/pods"
    assert POD.path("n", "p") == "/api/v1/namespaces/n/pods/p"
    status = MODEL_DEPLOYMENT.path("n", "fraud", "status")
    assert status == "/apis/serving.penstock.dev/v1alpha1/namespaces/n/modeldeployments/fraud/status"
    assert BY_KIND["Deployment"].path("a/b", "../c") == "/apis/apps/v1/namespaces/a%2Fb/deployments/..%2Fc"


def test_only_children_are_chosen_by_label() -> None:
    assert MODEL_DEPLOYMENT.label_selector == ""
    assert {each.label_selector for each in BY_KIND.values() if each != MODEL_DEPLOYMENT} == {
        "app.kubernetes.io/managed-by=penstock"
    }
