"""The allow-list of librdkafka keys: nothing in it can break a promise, reach a credential or load code."""

import re

import pytest

from penstock_operator.api.kafka_client_config import ConsumerConfig, ProducerConfig

ALLOWED = {field.alias for model in (ConsumerConfig, ProducerConfig) for field in model.model_fields.values()}

# Beginnings of keys, each with what it could break.
NEVER = {
    "ssl": "spec.kafka.tls decides it",
    "sasl": "spec.kafka.sasl decides it",
    "security": "an encrypted connection could become plaintext",
    "bootstrap.servers": "spec.kafka.bootstrapServers decides it",
    "group": "the group, and with it who has which records",
    "client.id": "how members of ours are told from others",
    "plugin": "loads code",
    "debug": "prints records and credentials",
    "log": "prints what must not be printed",
    "statistics": "the worker's own",
    "enable.auto": "commits before the answer is written",
    "auto": "where a partition starts is decided by us",
    "isolation": "reads what was aborted",
    "partition": "moves keys, and with them their order",
    "acks": "loses records",
    "request.required": "loses records",
    "enable.idempotence": "repeats and reorders records",
    "max.in.flight": "reorders records",
    "message.timeout": "gives records up",
    "delivery": "gives records up",
    "message.send": "gives records up",
    "retries": "gives records up",
    "transaction": "spec.delivery.guarantee decides it",
    "allow.auto": "creates topics by accident",
    "message.max": "follows the topics' limits",
    "max.poll": "the worker's own watch",
    "enable.partition": "the worker's own",
    "test": "librdkafka's mock broker",
}


@pytest.mark.parametrize("key", NEVER)
def test_a_key_that_carries_a_promise_is_not_a_users(key: str) -> None:
    assert [allowed for allowed in ALLOWED if allowed is None or re.match(rf"{re.escape(key)}(\.|$)", allowed)] == []


def test_every_key_has_a_description_under_librdkafkas_own_name() -> None:
    for model in (ConsumerConfig, ProducerConfig):
        for field in model.model_fields.values():
            assert field.alias is not None
            assert (field.description or "").startswith(f"{field.alias} "), field.alias
