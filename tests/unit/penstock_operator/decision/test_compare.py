"""desired ⊆ live, and nothing less."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_operator.decision.compare import holds

LEAVES = st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=3)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner), max_leaves=8
)
OBJECTS = st.dictionaries(st.text("abcd", max_size=2), VALUES, max_size=4)


def containers(**first: Any) -> dict[str, Any]:
    return {"containers": [{"name": "bridge", "image": "a"} | first]}


INJECTED = {"name": "proxy", "image": "p"}


@pytest.mark.parametrize(
    ("desired", "live"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": False, "b": 0, "c": "", "d": {}, "e": [], "f": {"g": False}}, {}),
        (containers(), {"containers": [INJECTED, {"name": "bridge", "image": "a", "imagePullPolicy": "Always"}]}),
        ({"env": []}, {}),
        ({"args": ["a"]}, {"args": ["a"]}),
        ({"triggers": [{"type": "kafka"}]}, {"triggers": [{"type": "kafka", "metricType": "AverageValue"}]}),
    ],
)
def test_what_others_add_and_what_an_api_server_leaves_out_is_no_difference(desired: Any, live: Any) -> None:
    assert holds(desired, live)


@pytest.mark.parametrize(
    ("desired", "live"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {}),
        ({"a": {"b": 1}}, {"a": "b"}),
        ({"a": {"b": 1}}, {}),
        (containers(), containers(image="b")),
        (containers(), {"containers": [INJECTED]}),
        (containers(), {"containers": None}),
        ({"args": ["a"]}, {"args": ["a", "b"]}),
        ({"args": ["a", "b"]}, {"args": ["b", "a"]}),
        ({"triggers": [{"type": "kafka"}]}, {"triggers": []}),
        ({"volumes": [{"name": "tmp", "emptyDir": {}}]}, {"volumes": [{"name": "tmp", "hostPath": {"path": "/"}}]}),
        ({"optional": True}, {"optional": False}),
        ({"a": [1]}, {"a": 1}),
    ],
)
def test_what_is_wanted_and_is_not_there_is_a_difference(desired: Any, live: Any) -> None:
    assert not holds(desired, live)


@given(OBJECTS)
def test_everything_holds_itself(value: dict[str, Any]) -> None:
    assert holds(value, value)


@given(OBJECTS, OBJECTS)
def test_more_fields_never_make_a_difference(value: dict[str, Any], more: dict[str, Any]) -> None:
    assert holds(value, {**more, **value})


@given(OBJECTS, st.text("abcd", min_size=1, max_size=2), st.integers(1, 9))
def test_a_field_that_was_changed_makes_one(value: dict[str, Any], name: str, number: int) -> None:
    assert not holds({**value, name: number}, {**value, name: number + 1})
