"""Asks a broker for its certificate once more, to say what is wrong with it.

librdkafka tells a wrong CA, a wrong host name and an expired certificate apart no more than "could not be verified";
Python's ssl does. Only asked after librdkafka has refused; never decides whether to trust.
"""

import socket
import ssl

PROBE_SECONDS = 2.0


def certificate_verdict(broker: str, ca_file: str | None) -> tuple[int, str] | None:
    """OpenSSL's code and words for why the certificate is refused; None where this probe does not refuse it."""
    host, _, port = broker.rpartition(":")
    host = host.strip("[]")
    try:
        context = ssl.create_default_context(cafile=ca_file)
        with (
            socket.create_connection((host, int(port)), timeout=PROBE_SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return None
    except ssl.SSLCertVerificationError as error:
        return error.verify_code, error.verify_message
    except (OSError, ValueError):
        return None
