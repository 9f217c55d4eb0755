"""How commands say moments to people."""

from datetime import UTC, datetime


def moment(stamp: str) -> str:
    """Write a time of the API's to the second, in UTC, as everything that a daemon shows."""
    return f"{datetime.fromisoformat(stamp).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
