"""Every text was seen on librdkafka 2.16 with Kafka 4.3; the contract and kafka tests provoke them anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_worker.broker_errors import (
    MAX_CAUSE_CHARACTERS,
    MAX_FAULTS_TOLD,
    NOT_TLS,
    NOT_TRUSTED,
    Fault,
    certificate_problem,
    client_refused,
    parse_fault,
    parse_logged_fault,
    request_refused,
    unreachable,
)
from penstock_worker.reasons import Reason

REFUSED = "Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)"
NOT_VERIFIED = (
    "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be "
    "verified, verify that ssl.ca.location is correctly configured or root CA certificates are installed (install "
    "ca-certificates package) (after 7ms in state SSL_HANDSHAKE)"
)
ALERT = "error:0A000412:SSL routines::ssl/tls alert bad certificate: SSL alert number 42"
MECHANISM = "mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms:"
HUNG_UP = "Disconnected: connection closed by peer: receive 0 after POLLIN (after 2ms in state"


@pytest.mark.parametrize(
    ("text", "reason", "cause"),
    [
        (f"127.0.0.1:1/bootstrap: {REFUSED}", Reason.BROKERS_UNREACHABLE, "no connection (Connection refused)"),
        (
            "nowhere.invalid:9092/bootstrap: Failed to resolve 'nowhere.invalid:9092': Name or service not known "
            "(after 0ms in state CONNECT)",
            Reason.BROKERS_UNREACHABLE,
            "the name does not resolve (Name or service not known)",
        ),
        (
            "k:9092/bootstrap: Connection setup timed out in state CONNECT (after 30029ms in state CONNECT)",
            Reason.BROKERS_UNREACHABLE,
            "no answer in time",
        ),
        (
            "k:9092/bootstrap: Receive failed: Invalid response size 1213486160 (0..100000000): increase "
            "receive.message.max.bytes (after 0ms in state APIVERSION_QUERY)",
            Reason.BROKERS_UNREACHABLE,
            "does not speak Kafka",
        ),
        (f"ssl://k:9093/bootstrap: {NOT_VERIFIED}", Reason.TLS_FAILED, NOT_TRUSTED),
        (
            f"ssl://k:9093/bootstrap: Receive failed: {ALERT} (after 2ms in state APIVERSION_QUERY)",
            Reason.TLS_FAILED,
            "requires a client certificate",
        ),
        (
            "ssl://k:9092/bootstrap: SSL handshake failed: Disconnected: SSL connection closed by peer: connecting to "
            "a PLAINTEXT broker listener? (after 3ms in state SSL_HANDSHAKE)",
            Reason.TLS_FAILED,
            NOT_TLS,
        ),
        (
            "sasl_ssl://k:9094/bootstrap: SASL authentication error: Authentication failed: Invalid username or "
            "password (after 302ms in state AUTH_REQ)",
            Reason.AUTHENTICATION_FAILED,
            "login refused: Authentication failed: Invalid username or password",
        ),
        (
            f"sasl_ssl://k:9094/bootstrap: SASL PLAIN {MECHANISM} SCRAM-SHA-512 (after 1ms in state AUTH_HANDSHAKE)",
            Reason.AUTHENTICATION_FAILED,
            "the listener offers only the SASL mechanisms SCRAM-SHA-512",
        ),
        (
            "sasl_plaintext://k:9092/bootstrap: SASL SCRAM-SHA-512 mechanism handshake failed: Broker: Request not "
            "valid in current SASL state: broker's supported mechanisms:  (after 1ms in state AUTH_HANDSHAKE)",
            Reason.AUTHENTICATION_FAILED,
            "takes no SASL login",
        ),
        (
            "Failed to acquire SASL OAUTHBEARER token: Failed to connect to 127.0.0.1:1 after 0 ms",
            Reason.AUTHENTICATION_FAILED,
            "no OAuth token: Failed to connect",
        ),
    ],
)
def test_a_fault_has_a_reason_and_plain_words(text: str, reason: Reason, cause: str) -> None:
    fault = parse_fault(text, uses_tls=True, uses_sasl=True)
    assert fault is not None
    assert fault.reason is reason
    assert cause in fault.cause
    assert "(after" not in fault.cause


@pytest.mark.parametrize(
    ("state", "uses_tls", "uses_sasl", "reason", "cause"),
    [
        ("APIVERSION_QUERY", False, False, Reason.BROKERS_UNREACHABLE, "as a TLS listener does"),
        ("UP", False, False, Reason.AUTHENTICATION_FAILED, "as a SASL listener does"),
        ("UP", True, False, Reason.AUTHENTICATION_FAILED, "as a SASL listener does"),
        ("APIVERSION_QUERY", True, False, Reason.BROKERS_UNREACHABLE, "closed the connection"),
        ("UP", True, True, Reason.BROKERS_UNREACHABLE, "closed the connection"),
    ],
)
def test_where_a_broker_hung_up_tells_what_it_missed(
    *, state: str, uses_tls: bool, uses_sasl: bool, reason: Reason, cause: str
) -> None:
    line = f"FAIL [rdkafka#producer-1] [thrd:k:9092/bootstrap]: k:9092/bootstrap: {HUNG_UP} {state})"
    fault = parse_logged_fault(line, uses_tls=uses_tls, uses_sasl=uses_sasl)
    assert fault is not None
    assert (fault.reason, fault.broker) == (reason, "k:9092")
    assert cause in fault.cause


def test_an_address_that_the_cluster_told_is_marked() -> None:
    """Bootstrap works and the advertised name does not resolve: the best-known trap of Kafka's listeners."""
    fault = parse_fault(
        "kafka-0.internal:9092/1: Failed to resolve 'kafka-0.internal:9092': Name or service not known",
        uses_tls=False,
        uses_sasl=False,
    )
    assert fault is not None
    assert fault.advertised
    assert "the cluster advertises this address" in str(fault)


@pytest.mark.parametrize(
    "line",
    [
        "1/1 brokers are down",
        "FAIL [x] [thrd:y]: 0/2 brokers are down",
        "SSL [rdkafka#producer-11] [thrd:x]: No matching issuer found",
    ],
)
def test_lines_that_name_no_fault_are_none(line: str) -> None:
    assert parse_logged_fault(line, uses_tls=True, uses_sasl=True) is None


def test_the_most_telling_reason_wins_and_every_broker_with_it_is_named() -> None:
    faults = [
        Fault(Reason.BROKERS_UNREACHABLE, "a:1", "no connection"),
        Fault(Reason.TLS_FAILED, "b:1", "expired"),
        Fault(Reason.TLS_FAILED, "c:1", "expired"),
    ]
    refused = unreachable(["a:1", "b:1", "c:1"], faults)
    assert refused.reason is Reason.TLS_FAILED
    assert str(refused) == "b:1: expired; c:1: expired"


def test_many_brokers_are_counted_instead_of_listed() -> None:
    faults = [Fault(Reason.BROKERS_UNREACHABLE, f"b{number}:1", "no connection") for number in range(9)]
    assert f"and {9 - MAX_FAULTS_TOLD} more brokers" in str(unreachable([], faults))


def test_silence_names_the_servers() -> None:
    assert str(unreachable(["a:1", "b:2"], [])) == "a:1, b:2: no answer in time"


@pytest.mark.parametrize(
    ("text", "reason", "says"),
    [
        ("ssl.key.location failed: error:05800074:x509 certificate routines::key values mismatch", Reason.TLS_FAILED,
         "tls.key does not belong to tls.certificate"),
        ("ssl.key.location failed: error:0A080009:SSL routines::PEM lib", Reason.KEY_FORMAT_UNSUPPORTED, "tls.key"),
        ("ssl.ca.location failed: error:05880020:x509 certificate routines::BIO lib", Reason.TLS_FAILED, "tls.ca"),
        ("ssl.certificate.location failed: error:0A080009:SSL", Reason.TLS_FAILED, "tls.certificate"),
        ('No such configuration property: "fetch.min.bytess"', Reason.SETTINGS_REFUSED, "fetch.min.bytess"),
    ],
)  # fmt: skip
def test_a_client_that_cannot_be_made_names_the_field(text: str, reason: Reason, says: str) -> None:
    refused = client_refused(f"Failed to create consumer: {text}")
    assert refused.reason is reason
    assert says in str(refused)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("TOPIC_AUTHORIZATION_FAILED", Reason.AUTHORIZATION_FAILED),
        ("GROUP_AUTHORIZATION_FAILED", Reason.AUTHORIZATION_FAILED),
        ("CLUSTER_AUTHORIZATION_FAILED", Reason.AUTHORIZATION_FAILED),
        ("_TIMED_OUT", Reason.BROKERS_UNREACHABLE),
        ("COORDINATOR_NOT_AVAILABLE", Reason.BROKERS_UNREACHABLE),
        ("NOT_LEADER_FOR_PARTITION", Reason.BROKERS_UNREACHABLE),
        ("_AUTHENTICATION", Reason.AUTHENTICATION_FAILED),
        ("_SSL", Reason.TLS_FAILED),
        ("UNKNOWN_TOPIC_OR_PART", Reason.TOPIC_MISSING),
        ("INVALID_REPLICATION_FACTOR", Reason.CLIENT_FATAL),
    ],
)
def test_a_failed_request_keeps_its_error_and_says_what_was_done(error: str, reason: Reason) -> None:
    refused = request_refused(error, "Broker: said so", doing="describe topic t")
    assert (refused.reason, refused.error) == (reason, error)
    assert "describe topic t" in str(refused)


def test_a_request_without_answer_tells_why_the_connection_broke() -> None:
    fault = Fault(Reason.BROKERS_UNREACHABLE, "k-0.internal:9092", "the name does not resolve", advertised=True)
    refused = request_refused("_TIMED_OUT", "Local: Timed out", doing="describe group g", faults=[fault])
    assert "k-0.internal:9092: the name does not resolve" in str(refused)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (10, "has expired"),
        (20, "not signed by the CA"),
        (62, "another host name"),
        (64, "another host name"),
        (7, "odd"),
    ],
)
def test_openssls_verdict_in_words(code: int, says: str) -> None:
    assert says in certificate_problem(code, "odd")


@given(st.text(), st.booleans(), st.booleans())
def test_any_text_is_short_one_line_words_or_nothing(text: str, uses_tls: bool, uses_sasl: bool) -> None:
    for fault in (
        parse_fault(text, uses_tls=uses_tls, uses_sasl=uses_sasl),
        parse_logged_fault(f"FAIL [x] [thrd:y]: {text}", uses_tls=uses_tls, uses_sasl=uses_sasl),
    ):
        if fault:
            assert len(fault.cause) <= MAX_CAUSE_CHARACTERS
            assert "\n" not in fault.cause
    assert str(request_refused("X", text, doing="do"))
    assert str(client_refused(text))
