"""Dates as feeds want them: in UTC, to the second."""

from datetime import UTC, datetime
from email.utils import format_datetime


def rfc822(when: datetime) -> str:
    """The date as RSS wants it: RFC 822 with four digits of the year."""
    return format_datetime(when.astimezone(UTC))


def rfc3339(when: datetime) -> str:
    """The date as Atom and JSON Feed want it: RFC 3339, whose T and Z Atom wants in capitals."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
