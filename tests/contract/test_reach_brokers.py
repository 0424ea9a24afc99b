"""What the installed librdkafka says of a connection that fails, and what a user is told. Sockets, no Kafka."""

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from penstock_worker.admin import Admin
from penstock_worker.errors import Refused
from penstock_worker.prepare.brokers import reach_brokers
from penstock_worker.prepare.tls_probe import certificate_verdict
from penstock_worker.reasons import Reason
from penstock_worker.secrets import read_secrets
from support.ports import free_port
from support.preflight import preflight, settings_files

SECONDS = 1.2


def refusal(server: str, secrets_dir: Path = Path("/none"), **kafka: Any) -> Refused:
    settings = settings_files([server], **kafka).kafka
    secrets = read_secrets(settings, secrets_dir)
    with pytest.raises(Refused) as refused:
        reach_brokers(Admin(settings, secrets, "pod", deadline_seconds=30), SECONDS)
    return refused.value


@contextmanager
def listener(context: ssl.SSLContext | None = None, answer: bytes | None = b"") -> Iterator[str]:
    """A server that is no Kafka: ends TLS where told to, sends `answer` (None: stays silent) and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        closing = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, context, answer, closing))
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            closing.set()
            thread.join()


def _serve(
    server: socket.socket, context: ssl.SSLContext | None, answer: bytes | None, closing: threading.Event
) -> None:
    while not closing.is_set():
        try:
            connection, _ = server.accept()
        except TimeoutError:
            continue
        connection.settimeout(1)
        try:
            secured = context.wrap_socket(connection, server_side=True) if context else connection
        except OSError:
            continue  # the client refused the certificate, which is what these tests are about
        with secured, suppress(OSError):
            secured.recv(1024)
            if answer is None:
                closing.wait(30)
            else:
                secured.sendall(answer)


@pytest.fixture
def ca(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    (tmp_path / "kafka-ca").mkdir()
    authority.cert_pem.write_to_path(str(tmp_path / "kafka-ca" / "ca.crt"))
    return authority


def server_context(authority: trustme.CA, *names: str, **options: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **options).configure_cert(context)
    return context


TLS = {"trust": "Secret", "ca": {"secretName": "kafka-ca", "key": "ca.crt"}}


def test_a_closed_port_is_connection_refused() -> None:
    port = free_port()
    refused = refusal(f"127.0.0.1:{port}")
    assert refused.reason is Reason.BROKERS_UNREACHABLE
    assert str(refused) == f"127.0.0.1:{port}: no connection (Connection refused)"


def test_a_name_that_does_not_exist_is_named() -> None:
    refused = refusal("kafka.nowhere.invalid:9092")
    assert refused.reason is Reason.BROKERS_UNREACHABLE
    assert str(refused).startswith("kafka.nowhere.invalid:9092: the name does not resolve")


def test_a_port_that_takes_connections_and_says_nothing_is_no_answer() -> None:
    with listener(answer=None) as server:
        refused = refusal(server)
    assert refused.reason is Reason.BROKERS_UNREACHABLE
    assert server in str(refused)
    assert "no answer in time" in str(refused)


def test_another_service_is_not_taken_for_a_broker() -> None:
    with listener(answer=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        refused = refusal(server)
    assert refused.reason is Reason.BROKERS_UNREACHABLE
    assert f"{server}: what listens there does not speak Kafka" in str(refused)


def test_a_certificate_of_another_authority_is_told_as_such(tmp_path: Path, ca: trustme.CA) -> None:
    with listener(server_context(trustme.CA(), "127.0.0.1")) as server:
        refused = refusal(server, tmp_path, tls=TLS)
    assert refused.reason is Reason.TLS_FAILED
    assert str(refused).startswith(f"{server}: the broker's certificate is not signed by the CA in tls.ca")


def test_a_certificate_for_another_host_is_told_as_such(tmp_path: Path, ca: trustme.CA) -> None:
    with listener(server_context(ca, "kafka.example.com")) as server:
        refused = refusal(server, tmp_path, tls=TLS)
    assert refused.reason is Reason.TLS_FAILED
    assert "valid, but for another host name" in str(refused)


def test_an_expired_certificate_is_told_as_such(tmp_path: Path, ca: trustme.CA) -> None:
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    with listener(server_context(ca, "127.0.0.1", not_after=long_ago)) as server:
        refused = refusal(server, tmp_path, tls=TLS)
    assert refused.reason is Reason.TLS_FAILED
    assert "the broker's certificate has expired" in str(refused)


def test_a_good_certificate_is_not_refused_by_the_probe(tmp_path: Path, ca: trustme.CA) -> None:
    with listener(server_context(ca, "127.0.0.1")) as server:
        assert certificate_verdict(server, str(tmp_path / "kafka-ca" / "ca.crt")) is None


def test_tls_to_a_listener_without_is_told_as_such(tmp_path: Path, ca: trustme.CA) -> None:
    with listener(answer=b"plain text, whatever was asked\r\n") as server:
        refused = refusal(server, tmp_path, tls=TLS)
    assert refused.reason is Reason.TLS_FAILED
    assert "does not speak TLS" in str(refused)


def test_a_ca_file_without_a_certificate_names_the_field(tmp_path: Path) -> None:
    (tmp_path / "kafka-ca").mkdir()
    (tmp_path / "kafka-ca" / "ca.crt").write_text("not a certificate")
    outcome = preflight(settings_files(["127.0.0.1:1"], tls=TLS), secrets_dir=tmp_path)
    assert (outcome.exit_code, outcome.reason) == (4, "TlsFailed")
    assert "tls.ca holds no PEM certificate" in outcome.message


def test_a_wrong_key_of_consumer_config_is_named_before_anything_is_reached() -> None:
    outcome = preflight(settings_files(["127.0.0.1:1"], consumerConfig={"fetch.min.bytess": 1}))
    assert (outcome.exit_code, outcome.reason) == (2, "SettingsRefused")
    assert "fetch.min.bytess" in outcome.message


def test_an_oauth_provider_that_does_not_answer_is_an_authentication_failure(tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "id").write_text("fraud\n")
    (tmp_path / "client" / "secret").write_text("s3cret")
    oauth = {
        "tokenEndpointUrl": f"http://127.0.0.1:{free_port()}/token",
        "clientId": {"secretName": "client", "key": "id"},
        "clientSecret": {"secretName": "client", "key": "secret"},
    }
    with listener(answer=None) as server:
        refused = refusal(server, tmp_path, sasl={"mechanism": "OAuthBearer", "oauth": oauth})
    assert refused.reason is Reason.AUTHENTICATION_FAILED
    assert "no OAuth token: " in str(refused)
    assert "s3cret" not in str(refused)


def test_an_unreachable_broker_ends_the_pre_flight_within_fifteen_seconds(capfd: pytest.CaptureFixture[str]) -> None:
    """And nothing but the result is printed: librdkafka would write a line per attempt to stderr."""
    started = time.monotonic()
    outcome = preflight(settings_files([f"127.0.0.1:{free_port()}"]))
    assert time.monotonic() - started < 15
    assert (outcome.exit_code, outcome.reason) == (3, "BrokersUnreachable")
    printed = capfd.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") == 1
