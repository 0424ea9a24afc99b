"""The allow-list against librdkafka itself: no value, and no two values, that it allows keep a worker from starting."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer
from pydantic import ValidationError

from penstock_operator.api.base import WireSchema
from penstock_operator.api.kafka_client_config import ClientConfig, ConsumerConfig, ProducerConfig
from penstock_worker.client_config import consumer_config, producer_config
from penstock_worker.secrets import Secrets
from penstock_worker.settings import KafkaSettings

Tuning = dict[str, Any]

NO_SECRETS = Secrets(Path(), {})


def extremes(model: type[ClientConfig]) -> Iterator[tuple[str, Any]]:
    """Every key with its least and its greatest value, or with each of its options."""
    for key, schema in model.model_json_schema(schema_generator=WireSchema)["properties"].items():
        bounds = [schema[bound] for bound in ("minimum", "maximum") if bound in schema]
        otherwise: dict[str, list[Any]] = {"boolean": [False, True], "string": ["eu-1a"], "integer": []}
        for value in bounds or schema.get("enum") or otherwise[schema["type"]]:
            yield key, value


def tunings(model: type[ClientConfig]) -> Iterator[Tuning]:
    """Every extreme alone, among all the least, and among all the greatest."""
    least, greatest = dict(reversed(list(extremes(model)))), dict(extremes(model))
    for key, value in extremes(model):
        for others in ({}, least, greatest):
            tuning = others | {key: value}
            if is_allowed(model, tuning):
                yield tuning


def is_allowed(model: type[ClientConfig], tuning: Tuning) -> bool:
    try:
        model.model_validate(tuning)
    except ValidationError:
        return False
    return True


def settings(**tuning: Tuning) -> KafkaSettings:
    return KafkaSettings.model_validate(
        {
            "deployment": {"namespace": "payments", "name": "fraud"},
            "bootstrapServers": ["192.0.2.1:9092"],
            "consumerGroup": "model.payments.fraud",
            "topics": {"input": "a", "output": "b", "error": "c"},
            **tuning,
        }
    )


def never_connecting(config: Tuning) -> Tuning:
    return {key: value for key, value in config.items() if key != "bootstrap.servers"} | {"log_level": 0}


def test_a_consumer_starts_with_whatever_is_allowed() -> None:
    for tuning in tunings(ConsumerConfig):
        config = consumer_config(settings(consumerConfig=tuning), NO_SECRETS, "pod")
        try:
            Consumer(never_connecting(config)).close()
        except Exception as error:
            pytest.fail(f"{tuning}: {error}")


def test_a_producer_starts_with_whatever_is_allowed() -> None:
    for tuning in tunings(ProducerConfig):
        config = producer_config(settings(producerConfig=tuning), NO_SECRETS, "pod", message_max_bytes=1_048_588)
        try:
            Producer(never_connecting(config))
        except Exception as error:
            pytest.fail(f"{tuning}: {error}")
