"""The defaults that depend on other fields, one by one as the documentation of each field says them."""

from typing import Any

import pytest

from penstock_operator import defaults
from penstock_operator.api.v1alpha1 import ModelDeployment
from support.custom_resources.documents import with_spec


def deployment(model: dict[str, Any] | None = None, **parts: Any) -> ModelDeployment:
    return ModelDeployment.model_validate(with_spec({"model": model or {}, **parts}))


EXTERNAL = {"image": None, "version": "3"}


@pytest.mark.parametrize(
    ("model", "placement"),
    [
        ({}, "Sidecar"),
        ({"placement": "Service"}, "Service"),
        ({**EXTERNAL, "url": "https://models.example"}, "External"),
        ({"entrypoint": "fraud:predict"}, "Embedded"),
    ],
)
def test_placement_follows_from_the_source_of_the_model(model: dict[str, Any], placement: str) -> None:
    assert defaults.placement(deployment(model).spec.model) == placement


DIGEST = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("registry.example/fraud:1.4.2", "1.4.2"),
        ("registry.example:5000/fraud:1.4.2", "1.4.2"),
        ("registry.example:5000/fraud", "latest"),
        ("fraud", "latest"),
        (f"registry.example:5000/fraud@{DIGEST}", "0123456789ab"),
        (f"registry.example/fraud:1.4.2@{DIGEST}", "1.4.2"),
    ],
)
def test_version_is_the_tag_else_twelve_digits_of_the_digest(image: str, version: str) -> None:
    assert defaults.model_version(deployment({"image": image}).spec.model) == version


def test_a_version_that_is_given_counts() -> None:
    assert defaults.model_version(deployment({"version": "eu-3"}).spec.model) == "eu-3"


@pytest.mark.parametrize(
    ("protocol", "transport", "url"),
    [
        ("JSON", "REST", "http://127.0.0.1:8080/predict"),
        ("TensorFlow", "REST", "http://127.0.0.1:8501/v1/models/fraud:predict"),
        ("TensorFlow", "GRPC", "http://127.0.0.1:8500"),
        ("Seldon", "REST", "http://127.0.0.1:9000/api/v1.0/predictions"),
        ("Seldon", "GRPC", "http://127.0.0.1:5000"),
        ("OpenInference", "REST", "http://127.0.0.1:8080/v2/models/fraud/infer"),
        ("OpenInference", "GRPC", "http://127.0.0.1:8081"),
    ],
)
def test_port_and_path_follow_from_protocol_and_transport(protocol: str, transport: str, url: str) -> None:
    model = deployment({"protocol": protocol, "transport": transport})

    assert defaults.model_url(model, namespace="payments") == url


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ({"name": "eu", "protocol": "OpenInference"}, "http://127.0.0.1:8080/v2/models/eu/infer"),
        ({"port": 5001, "path": "/score"}, "http://127.0.0.1:5001/score"),
        ({"placement": "Service"}, "http://fraud-model.payments.svc:8080/predict"),
        ({**EXTERNAL, "url": "https://models.example/a/b"}, "https://models.example/a/b"),
        ({**EXTERNAL, "url": "https://models.example/"}, "https://models.example/"),
        ({**EXTERNAL, "url": "https://models.example"}, "https://models.example/predict"),
        ({**EXTERNAL, "url": "http://[::1]:81", "protocol": "Seldon"}, "http://[::1]:81/api/v1.0/predictions"),
        ({"entrypoint": "fraud:predict"}, ""),
    ],
)
def test_the_model_is_called_where_its_placement_puts_it(model: dict[str, Any], url: str) -> None:
    assert defaults.model_url(deployment(model), namespace="payments") == url


PROBE = {"readinessProbe": {"httpGet": {"path": "/ready"}}}


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ({}, ""),
        ({"protocol": "Seldon"}, ""),
        ({"protocol": "TensorFlow"}, "/v1/models/fraud"),
        ({"protocol": "OpenInference"}, "/v2/models/fraud/ready"),
        ({"protocol": "OpenInference", "path": "/v2/models/x/versions/2/infer"}, "/v2/models/x/versions/2/ready"),
        ({"protocol": "OpenInference", "path": "/other"}, ""),
        ({"protocol": "OpenInference", "transport": "GRPC"}, ""),
        (PROBE, "/ready"),
        ({"protocol": "TensorFlow", **PROBE}, "/ready"),
        ({"readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}}}, "/ready"),
        ({"readinessProbe": {"httpGet": {"path": "/ready", "port": 9999}}}, ""),
        ({"readinessProbe": {"tcpSocket": {}}}, ""),
        ({"protocol": "TensorFlow", "readinessProbe": {"tcpSocket": {}}}, "/v1/models/fraud"),
        ({**EXTERNAL, "url": "https://m.example/gw/v1/models/x:predict", "protocol": "TensorFlow"}, "/gw/v1/models/x"),
        ({**EXTERNAL, "url": "https://m.example", "readinessProbe": {"httpGet": {"path": "/r", "port": 443}}}, "/r"),
        ({**EXTERNAL, "url": "http://m.example", "readinessProbe": {"httpGet": {"path": "/r", "port": 80}}}, "/r"),
        ({**EXTERNAL, "url": "http://m.example:81", "readinessProbe": {"httpGet": {"path": "/r", "port": 80}}}, ""),
        ({"entrypoint": "fraud:predict", "protocol": "TensorFlow"}, ""),
    ],
)
def test_readiness_is_asked_where_predictions_are_or_not_at_all(model: dict[str, Any], path: str) -> None:
    """A readiness path that never answers 2xx would keep every worker from becoming ready."""
    assert defaults.readiness_path(deployment(model)) == path


def test_a_stopping_pod_has_time_for_a_request_for_the_rest_of_the_drain_and_to_leave_the_group() -> None:
    unset = deployment(delivery={"timeoutSeconds": 60}).spec.delivery
    given = deployment(delivery={"timeoutSeconds": 60, "drainTimeoutSeconds": 5}).spec.delivery

    assert (defaults.drain_seconds(unset), defaults.grace_seconds(unset)) == (70, 90)
    assert (defaults.drain_seconds(given), defaults.grace_seconds(given)) == (5, 25)


def test_the_window_holds_four_rounds_of_full_batches_but_not_less_than_2000() -> None:
    small = deployment(delivery={"concurrency": 8}).spec.delivery
    large = deployment(delivery={"concurrency": 100, "batch": {"maxRecords": 10}}).spec.delivery
    given = deployment(delivery={"concurrency": 100, "maxInFlightRecords": 7}).spec.delivery

    assert [defaults.window_records(delivery) for delivery in (small, large, given)] == [2000, 4000, 7]


def test_errors_go_beside_the_output_and_the_group_is_named_after_the_resource() -> None:
    spec = deployment().spec

    assert defaults.error_topic(spec.kafka.topics) == "transactions.scored.errors"
    assert defaults.consumer_group(spec.kafka, deployment().metadata, namespace="payments") == "model.payments.fraud"


def test_a_group_and_an_error_topic_that_are_given_count() -> None:
    given = deployment(kafka={"consumerGroup": "g", "topics": {"error": "e"}})

    assert defaults.error_topic(given.spec.kafka.topics) == "e"
    assert defaults.consumer_group(given.spec.kafka, given.metadata, namespace="payments") == "g"


def test_one_pod_where_nothing_else_is_said() -> None:
    unset = deployment({"placement": "Service"}, scaling={"mode": "Fixed"}).spec
    given = deployment({"placement": "Service", "replicas": 3}, scaling={"mode": "Fixed", "replicas": 0}).spec

    assert (defaults.model_replicas(unset.model), defaults.worker_replicas(unset.scaling)) == (1, 1)
    assert (defaults.model_replicas(given.model), defaults.worker_replicas(given.scaling)) == (3, 0)
