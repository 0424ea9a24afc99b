"""The client key's format, and the worker's own dictionaries tried: a wrong key of consumerConfig is found here."""

from confluent_kafka import Consumer, KafkaException, Producer

from penstock_worker.broker_errors import client_refused
from penstock_worker.client_config import consumer_config, producer_config
from penstock_worker.fault_log import FaultLog
from penstock_worker.key_format import check_key
from penstock_worker.secrets import Secrets, described
from penstock_worker.settings import KafkaSettings

KAFKA_MAX_MESSAGE_BYTES = 1_048_588  # Kafka's default; the topics' own is not known yet


def check_clients(settings: KafkaSettings, secrets: Secrets, pod: str) -> None:
    """Raises `Refused`. The key comes first: librdkafka's own words about it help nobody."""
    _check_key(settings, secrets)
    consumer = consumer_config(settings, secrets, pod)
    producer = producer_config(settings, secrets, pod, message_max_bytes=KAFKA_MAX_MESSAGE_BYTES)
    logger = FaultLog(settings).logger
    try:
        Consumer(consumer, logger=logger).close()
        Producer(producer, logger=logger)
    except KafkaException as error:
        raise client_refused(error.args[0].str()) from error


def _check_key(settings: KafkaSettings, secrets: Secrets) -> None:
    tls = settings.tls
    if tls and tls.key:
        password = secrets.text(tls.key_password) if tls.key_password else None
        check_key(secrets.contents[tls.key], password, where=described(tls.key), file=tls.key.key)
