"""From a model URL to what is needed to connect: host, port, path, TLS, and all addresses of the name."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

RESOLVE_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Target:
    """One model URL, taken apart."""

    host: str
    port: int
    path: str
    authority: str
    ssl_context: ssl.SSLContext | None

    @property
    def is_literal(self) -> bool:
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True


def parse_target(url: str) -> Target:
    """Take a model URL apart. The certificates of `https` are checked against the system's authorities."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the model's url must be http://host:port/path or https://host:port/path")
    context = ssl.create_default_context() if parts.scheme == "https" else None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (443 if context else 80)
    return Target(parts.hostname, port, path, parts.netloc, context)


async def resolve(target: Target) -> list[str]:
    """All addresses of the target's host, empty when the name does not resolve in time."""
    if target.is_literal:
        return [target.host]
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_TIMEOUT_SECONDS):
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[4][0]) for address in found))
