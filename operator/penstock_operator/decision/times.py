"""Times as Kubernetes writes them. Pure."""

from datetime import UTC, datetime


def format_time(time: datetime) -> str:
    """RFC 3339 in UTC, to the second: as fine as the API server's own."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: object) -> datetime | None:
    """An RFC 3339 time with its zone, or None."""
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None
