"""First step: a broker answers, over TLS and SASL where set, within the deadline; or a refusal that names the cause."""

import time
from dataclasses import replace

from confluent_kafka import KafkaException

from penstock_worker.admin import Admin
from penstock_worker.broker_errors import MAX_FAULTS_TOLD, NOT_TRUSTED, Fault, certificate_problem, unreachable
from penstock_worker.prepare.tls_probe import certificate_verdict
from penstock_worker.reasons import Reason

REACH_SECONDS = 9.0  # below librdkafka's 10 s for ApiVersions, whose own message blames an old broker
DECISIVE_SECONDS = 3.0  # brokers that answer answer within this; a refused login will not get better
ATTEMPT_SECONDS = 1.0
DECISIVE = {Reason.TLS_FAILED, Reason.AUTHENTICATION_FAILED}


def reach_brokers(admin: Admin, seconds: float = REACH_SECONDS) -> None:
    """Raises `Refused` with the reason that the connections gave."""
    started = time.monotonic()
    while not _answered(admin):
        faults = admin.fault_log.faults
        patience_seconds = seconds - ATTEMPT_SECONDS
        if any(fault.reason in DECISIVE for fault in faults):
            patience_seconds = min(patience_seconds, DECISIVE_SECONDS)
        if time.monotonic() - started > patience_seconds:
            explained = [_explained(fault, admin) for fault in faults[:MAX_FAULTS_TOLD]]
            raise unreachable(admin.settings.bootstrap_servers, explained)


def _answered(admin: Admin) -> bool:
    try:
        admin.client.list_topics(admin.settings.topics.input, timeout=admin.timeout_seconds(ATTEMPT_SECONDS))
    except KafkaException:
        admin.client.poll(ATTEMPT_SECONDS / 4)  # collects what the connections complain of, and paces the attempts
        return False
    return True


def _explained(fault: Fault, admin: Admin) -> Fault:
    tls = admin.settings.tls
    if fault.cause != NOT_TRUSTED or tls is None:
        return fault
    ca_file = admin.secrets.path(tls.ca) if tls.ca else None
    verdict = certificate_verdict(fault.broker, ca_file)
    return replace(fault, cause=certificate_problem(*verdict)) if verdict else fault
