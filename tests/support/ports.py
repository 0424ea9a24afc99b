"""Free TCP ports for servers of the tests.

Ports come from below the kernel's ephemeral range, so that no outgoing connection takes one between the choice and the
bind, or while a broker that keeps its address is down.
"""

import random
import socket

_FIRST, _LAST = 15_000, 32_000
_choice = random.SystemRandom()


def free_port(host: str = "127.0.0.1") -> int:
    """One port that nothing listens on now."""
    return free_ports(1, host)[0]


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Distinct ports that nothing listens on now."""
    found: list[int] = []
    for port in _choice.sample(range(_FIRST, _LAST), 1000):
        if len(found) == count:
            break
        if _is_free(host, port):
            found.append(port)
    if len(found) < count:
        raise RuntimeError(f"only {len(found)} of {count} free ports on {host} between {_FIRST} and {_LAST}")
    return found


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
