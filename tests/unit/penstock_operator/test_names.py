"""Names of children, as users will see and type them."""

import pytest

from penstock_operator import names


def test_children_are_named_after_the_resource() -> None:
    assert names.worker("fraud") == "fraud-worker"
    assert names.model("fraud") == "fraud-model"
    assert names.kafka_config("fraud", "5f3a9c0d") == "fraud-kafka-5f3a9c0d"
    assert names.worker_config("fraud", "5f3a9c0d") == "fraud-worker-5f3a9c0d"
    assert names.trigger_authentication("fraud", "5f3a9c0d") == "fraud-5f3a9c0d"
    assert names.prepare_job("fraud", "5f3a9c0d", 2) == "fraud-prepare-5f3a9c0d-2"


def test_the_consumer_group_is_named_after_namespace_and_resource() -> None:
    assert names.consumer_group("payments", "fraud") == "model.payments.fraud"


def test_a_hash_is_that_of_the_content_not_of_the_order_of_its_keys() -> None:
    assert names.content_hash({"a": 1, "b": {"c": 2, "d": 3}}) == names.content_hash({"b": {"d": 3, "c": 2}, "a": 1})
    assert names.content_hash({"a": 1}) != names.content_hash({"a": "1"})


def test_a_hash_never_changes_between_versions_of_the_operator() -> None:
    """A changed hash would roll every worker of every user when the operator is upgraded."""
    assert names.content_hash({"topics": {"input": "überweisungen"}, "n": 1}) == "741fd85c"


@pytest.mark.parametrize("attempt", [0, -1, names.MAX_ATTEMPT + 1])
def test_an_attempt_that_would_make_too_long_a_name_is_a_mistake(attempt: int) -> None:
    with pytest.raises(ValueError, match="attempt"):
        names.prepare_job("fraud", "5f3a9c0d", attempt)


def test_selectors_leave_out_what_may_change() -> None:
    """A Deployment's selector is immutable."""
    assert names.selector("fraud", "worker") == {
        "app.kubernetes.io/name": "penstock",
        "app.kubernetes.io/instance": "fraud",
        "app.kubernetes.io/component": "worker",
    }
    assert names.labels("fraud", "worker").items() - names.selector("fraud", "worker").items() == {
        ("app.kubernetes.io/managed-by", "penstock")
    }
