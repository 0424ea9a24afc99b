"""The worker's two files: defaults, and refusals that name the file, the field and the rule."""

import json
from pathlib import Path

import pytest

from penstock_worker.errors import SettingsRefused
from penstock_worker.reasons import Reason
from penstock_worker.settings import Delivery, KafkaSettings, SettingsFiles, WorkerSettings, read_settings

DEPLOYMENT = {"namespace": "payments", "name": "fraud"}
KAFKA = {
    "deployment": DEPLOYMENT,
    "bootstrapServers": ["kafka:9092"],
    "consumerGroup": "model.payments.fraud",
    "topics": {"input": "in", "output": "out", "error": "errors"},
}
WORKER = {"deployment": DEPLOYMENT, "model": {"name": "fraud", "version": "1", "url": "http://127.0.0.1:8080/predict"}}


def written(folder: Path, name: str, content: object) -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def refusal(kind: type[KafkaSettings] | type[WorkerSettings], file: Path) -> SettingsRefused:
    with pytest.raises(SettingsRefused) as refused:
        read_settings(kind, file)
    assert str(refused.value).startswith(f"{file}: ")
    return refused.value


def test_both_files_are_read(tmp_path: Path) -> None:
    written(tmp_path, "kafka.json", KAFKA)
    written(tmp_path, "worker.json", WORKER)
    files = SettingsFiles.read(tmp_path)
    assert str(files.worker.deployment) == "payments/fraud"
    assert files.kafka.topics.output == "out"
    assert files.worker.model.url.endswith("/predict")


def test_the_defaults_are_the_contract() -> None:
    delivery = Delivery()
    assert (delivery.guarantee, delivery.ordering, delivery.concurrency) == ("AtLeastOnce", "Key", 64)
    assert (delivery.batch.max_records, delivery.batch.max_delay_milliseconds) == (1, 5)
    assert (delivery.timeout_seconds, delivery.drain_seconds) == (30, 40)
    assert (delivery.retry.max_attempts, delivery.retry.max_elapsed_seconds) == (8, 300)
    assert (delivery.output_value, delivery.error_value) == ("Response", "Response")
    assert (delivery.window_records, delivery.max_in_flight_bytes) == (2000, 64 * 1024 * 1024)


@pytest.mark.parametrize(
    ("settings", "window_records"),
    [
        ({}, 2000),
        ({"concurrency": 1000}, 4000),
        ({"batch": {"maxRecords": 100}}, 25_600),
        ({"maxInFlightRecords": 50, "concurrency": 1000}, 50),
    ],
)
def test_what_may_be_in_flight_grows_with_what_may_be_on_the_wire(
    settings: dict[str, object], window_records: int
) -> None:
    assert Delivery.model_validate(settings).window_records == window_records


@pytest.mark.parametrize(
    ("settings", "drain_seconds"),
    [({"timeoutSeconds": 5}, 15), ({"timeoutSeconds": 5, "drainTimeoutSeconds": 0}, 0)],
)
def test_a_drain_waits_for_a_whole_timeout_unless_told_otherwise(
    settings: dict[str, object], drain_seconds: int
) -> None:
    assert Delivery.model_validate(settings).drain_seconds == drain_seconds


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Delivery().concurrency = 1  # type: ignore[misc]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    refused = refusal(KafkaSettings, tmp_path / "kafka.json")
    assert refused.reason is Reason.SETTINGS_REFUSED
    assert "No such file" in str(refused)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"deployment": '])
def test_a_broken_file_is_refused(tmp_path: Path, content: str) -> None:
    assert refusal(WorkerSettings, written(tmp_path, "worker.json", content)).reason is Reason.SETTINGS_REFUSED


def test_a_key_that_this_worker_does_not_know_means_that_it_is_too_old(tmp_path: Path) -> None:
    content = {**WORKER, "delivery": {"batch": {"newKey": 1}}}
    refused = refusal(WorkerSettings, written(tmp_path, "worker.json", content))
    assert refused.reason is Reason.WORKER_TOO_OLD
    assert "delivery.batch.newKey" in str(refused)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({**KAFKA, "startFrom": "Middle"}, "startFrom"),
        ({**KAFKA, "topics": {"input": "in", "output": "out"}}, "topics.error"),
        ({**KAFKA, "sasl": {"mechanism": "Plain", "password": "hunter2"}}, "sasl.password"),
        ({key: value for key, value in KAFKA.items() if key != "consumerGroup"}, "consumerGroup"),
    ],
)
def test_a_refusal_names_the_field_and_never_its_value(tmp_path: Path, content: dict[str, object], field: str) -> None:
    refused = str(refusal(KafkaSettings, written(tmp_path, "kafka.json", content)))
    assert f": {field}: " in refused
    assert "hunter2" not in refused
    assert "Middle" not in refused


def test_camel_case_in_the_files_and_snake_case_in_the_code_are_one(tmp_path: Path) -> None:
    read = read_settings(WorkerSettings, written(tmp_path, "worker.json", {**WORKER, "logLevel": "Debug"}))
    assert read == WorkerSettings.model_validate({**WORKER, "log_level": "Debug"})
