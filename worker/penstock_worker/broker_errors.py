"""What a Kafka client complains of, in words that say what to do. Pure: texts and error names in, reasons out.

librdkafka reports a connection that fails as text alone (its error callback and its log), so texts are matched here,
each seen on a real broker; the contract tests hold them against the library that is installed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason

MAX_CAUSE_CHARACTERS = 256
MAX_FAULTS_TOLD = 3

FAULT = re.compile(
    r"^(?:(?:\w+://)?(?P<broker>[^\s/]+:\d+)/(?P<which>\w+): )?(?P<cause>.*?)"
    r"(?: \(after \d+ms in state (?P<state>\w+)[^)]*\))?$",
    re.DOTALL,
)
LOGGED_FAULT = re.compile(r"^FAIL \[[^\]]*\] \[thrd:.*?\]: (?P<fault>.*)$", re.DOTALL)

CERTIFICATE_REFUSED = (
    "the broker requires a client certificate that it trusts: check tls.certificate and tls.key, "
    "and that a CA which the broker knows signed them"
)
NOT_TRUSTED = "the broker's certificate could not be verified against tls.ca"
NOT_TLS = "what listens there does not speak TLS: name the TLS listener, or leave out tls"
NOT_KAFKA = "what listens there does not speak Kafka: another service, or a TLS listener where tls is not set"
NOT_SIGNED = "is not signed by the CA in tls.ca (nor by the system's, with trust System)"
NOT_FOR_HOST = "is valid, but for another host name than the one in bootstrapServers"
VERDICTS = {  # OpenSSL's X509_V_ERR_* codes
    9: "is not valid yet: check the clocks",
    10: "has expired",
    18: "is signed by itself, and tls.ca does not hold it",
    19: NOT_SIGNED,
    20: NOT_SIGNED,
    21: NOT_SIGNED,
    62: NOT_FOR_HOST,
    64: NOT_FOR_HOST,
}

# The first pattern found decides; \1 of the words is the pattern's group.
CAUSES: tuple[tuple[str, Reason, str], ...] = (
    (r"Failed to acquire SASL OAUTHBEARER token: (.*)", Reason.AUTHENTICATION_FAILED, r"no OAuth token: \1"),
    (r"SASL authentication error: (.*)", Reason.AUTHENTICATION_FAILED, r"login refused: \1"),
    (r"mechanism handshake failed: .*supported mechanisms: (\S+)", Reason.AUTHENTICATION_FAILED,
     r"the listener offers only the SASL mechanisms \1"),
    (r"mechanism handshake failed", Reason.AUTHENTICATION_FAILED, "the listener takes no SASL login: leave out sasl"),
    (r"SASL .*(?:fail|error)", Reason.AUTHENTICATION_FAILED, r"login failed: \g<0>"),
    (r"certificate verify failed", Reason.TLS_FAILED, NOT_TRUSTED),
    (r"PLAINTEXT broker listener|wrong version number|packet length too long", Reason.TLS_FAILED, NOT_TLS),
    (r"alert certificate expired", Reason.TLS_FAILED, "the client's certificate has expired: renew tls.certificate"),
    (r"alert (?:bad certificate|certificate required|unknown ca|certificate unknown|certificate revoked|access denied)"
     r"|client SSL authentication might be required", Reason.TLS_FAILED, CERTIFICATE_REFUSED),
    (r"SSL handshake failed: (?:error:\w+:)?(.*)", Reason.TLS_FAILED, r"TLS handshake failed: \1"),
    (r"error:\w+:SSL routines:+(.*)", Reason.TLS_FAILED, r"TLS failed: \1"),
    (r"Failed to resolve '[^']*': (.*)", Reason.BROKERS_UNREACHABLE, r"the name does not resolve (\1)"),
    (r"Connect to \S+ failed: (.*)", Reason.BROKERS_UNREACHABLE, r"no connection (\1)"),
    (r"Connection setup timed out", Reason.BROKERS_UNREACHABLE, "no answer in time: a firewall, or the wrong address"),
    (r"Invalid response size", Reason.BROKERS_UNREACHABLE, NOT_KAFKA),
)  # fmt: skip

UNREACHABLE = re.compile(r"_(?:TIMED_OUT|TIMED_OUT_QUEUE|TRANSPORT|ALL_BROKERS_DOWN|WAIT_COORD|RESOLVE|NODE_UPDATE)")
UNAVAILABLE = re.compile(
    r"(?:NOT_)?(?:COORDINATOR|LEADER)\w*|(?:BROKER|REPLICA)_NOT_AVAILABLE|NETWORK_EXCEPTION|REQUEST_TIMED_OUT|NOT_CONTROLLER"
)

REQUEST_REASONS = {
    "_AUTHENTICATION": Reason.AUTHENTICATION_FAILED,
    "SASL_AUTHENTICATION_FAILED": Reason.AUTHENTICATION_FAILED,
    "_SSL": Reason.TLS_FAILED,
    "UNKNOWN_TOPIC_OR_PART": Reason.TOPIC_MISSING,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one broker could not be talked to. `broker` is host:port, empty where the fault is none of a broker's."""

    reason: Reason
    broker: str
    cause: str
    advertised: bool = False  # not one of `bootstrapServers`: an address that the cluster told

    def __str__(self) -> str:
        hint = " (the cluster advertises this address; it must be reachable from here)" if self.advertised else ""
        return f"{self.broker}: {self.cause}{hint}" if self.broker else self.cause


def parse_fault(text: str, *, uses_tls: bool, uses_sasl: bool) -> Fault | None:
    """A text of the error callback; None for one that only repeats others ("1/1 brokers are down")."""
    found = FAULT.match(text.strip())
    if found is None or text.endswith("brokers are down"):
        return None
    reason, cause = _cause(found["cause"], found["state"] or "", uses_tls=uses_tls, uses_sasl=uses_sasl)
    advertised = found["which"] not in {None, "bootstrap"}
    return Fault(reason, found["broker"] or "", _short(cause), advertised)


def parse_logged_fault(line: str, *, uses_tls: bool, uses_sasl: bool) -> Fault | None:
    """A log line; None unless it is about a broken connection. Some faults reach the log alone."""
    found = LOGGED_FAULT.match(line)
    return parse_fault(found["fault"], uses_tls=uses_tls, uses_sasl=uses_sasl) if found else None


def unreachable(servers: Iterable[str], faults: Iterable[Fault]) -> Refused:
    """The refusal for brokers that nothing could be got from: the most telling reason, a fault per broker."""
    by_broker = {fault.broker: fault for fault in faults}
    if not by_broker:
        return Refused(Reason.BROKERS_UNREACHABLE, f"{', '.join(servers)}: no answer in time")
    decisive = max(by_broker.values(), key=lambda fault: TELLING.index(fault.reason)).reason
    told = [str(fault) for fault in by_broker.values() if fault.reason is decisive]
    more = f"; and {len(told) - MAX_FAULTS_TOLD} more brokers" if len(told) > MAX_FAULTS_TOLD else ""
    return Refused(decisive, "; ".join(told[:MAX_FAULTS_TOLD]) + more)


# A broker that refuses a login says more than another one that is down.
TELLING = (Reason.BROKERS_UNREACHABLE, Reason.TLS_FAILED, Reason.AUTHENTICATION_FAILED)


def certificate_problem(verify_code: int, verify_message: str) -> str:
    """OpenSSL's verdict on a broker's certificate, which librdkafka does not pass on."""
    return f"the broker's certificate {VERDICTS.get(verify_code, f'is refused: {verify_message}')}"


def client_refused(text: str) -> Refused:
    """A client that could not even be made: a file of `tls` or a key of `consumerConfig`/`producerConfig`."""
    if "key values mismatch" in text:
        return Refused(Reason.TLS_FAILED, "tls.key does not belong to tls.certificate")
    if "ssl.key.location" in text:
        return Refused(Reason.KEY_FORMAT_UNSUPPORTED, "tls.key cannot be read, or tls.keyPassword does not open it")
    for key, field in (("ssl.ca.location", "tls.ca"), ("ssl.certificate.location", "tls.certificate")):
        if key in text:
            return Refused(Reason.TLS_FAILED, f"{field} holds no PEM certificate that can be read")
    return Refused(Reason.SETTINGS_REFUSED, f"consumerConfig or producerConfig: {_short(text)}")


class RequestRefused(Refused):
    """A request that failed; `error` is Kafka's name of the error."""

    def __init__(self, reason: Reason, message: str, *, error: str) -> None:
        super().__init__(reason, message)
        self.error = error


def request_refused(error: str, text: str, *, doing: str, faults: Iterable[Fault] = ()) -> RequestRefused:
    """`error` is the error's name, as `KafkaError.name()`; `doing` continues "not authorised to" and "could not"."""
    reason = _request_reason(error)
    if reason is Reason.AUTHORIZATION_FAILED:
        return RequestRefused(reason, f"not authorised to {doing}; grant it to this user", error=error)
    if reason is Reason.BROKERS_UNREACHABLE:
        cause = unreachable([_short(text)], faults)
        return RequestRefused(cause.reason, f"could not {doing}: {cause}", error=error)
    return RequestRefused(reason, f"could not {doing}: {_short(text)}", error=error)


def is_transient(error: str) -> bool:
    """A coordinator or leader that moves, or is made for the first time: asking again helps within seconds."""
    return UNAVAILABLE.fullmatch(error) is not None


def _request_reason(error: str) -> Reason:
    if error.endswith("AUTHORIZATION_FAILED"):
        return Reason.AUTHORIZATION_FAILED
    if UNREACHABLE.fullmatch(error) or is_transient(error):
        return Reason.BROKERS_UNREACHABLE
    return REQUEST_REASONS.get(error, Reason.CLIENT_FATAL)


def _cause(text: str, state: str, *, uses_tls: bool, uses_sasl: bool) -> tuple[Reason, str]:
    for pattern, reason, words in CAUSES:
        found = re.search(pattern, text, re.DOTALL)
        if found:
            return reason, found.expand(words)
    if text.startswith("Disconnected"):
        return _hung_up(state, uses_tls=uses_tls, uses_sasl=uses_sasl)
    return Reason.BROKERS_UNREACHABLE, text


def _hung_up(state: str, *, uses_tls: bool, uses_sasl: bool) -> tuple[Reason, str]:
    """A broker says nothing before it hangs up; where it did so tells what it missed."""
    if state == "APIVERSION_QUERY" and not uses_tls:
        return Reason.BROKERS_UNREACHABLE, "closed the connection at once, as a TLS listener does where tls is not set"
    if state == "UP" and not uses_sasl:
        return Reason.AUTHENTICATION_FAILED, "closed the connection, as a SASL listener does where sasl is not set"
    return Reason.BROKERS_UNREACHABLE, "closed the connection"


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    if len(one_line) <= MAX_CAUSE_CHARACTERS:
        return one_line
    return one_line[: MAX_CAUSE_CHARACTERS - 1] + "…"
