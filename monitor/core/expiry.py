"""What runs out: certificates and credentials, told ahead of time."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.core.blame import Blame, Blamed
from monitor.core.category import Category
from monitor.core.health import Health
from monitor.core.incident import Severity, Trouble

LAST_PART = 4
"""The last quarter of the time in which we warn is serious; so is what has run out."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Life:
    """When a credential was issued and when it ends, as far as that is known."""

    issued: datetime | None = None
    ends: datetime | None = None

    def age_days(self, now: datetime) -> int | None:
        """Return its age in whole days."""
        return None if self.issued is None else (now - self.issued) // _DAY


def certificate_key(host: str) -> str:
    """Name the incident of a host's certificate."""
    return f"certificate:{host}"


def age_key(credential: str) -> str:
    """Name the incident of a credential's age."""
    return f"credential-age:{credential}"


def host_of(url: str) -> str | None:
    """Return `host`, or `host:port` where the port is not the usual one; None without TLS."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "wss") or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return host if parts.port in (None, 443) else f"{host}:{parts.port}"


def certificate_trouble(
    host: str, ends: datetime, ahead: timedelta, now: datetime
) -> Trouble | None:
    """Say that a certificate runs out within `ahead`, or has run out."""
    if ends - now > ahead:
        return None
    return Trouble(
        key=certificate_key(host),
        health=Health.OPERATIONAL,
        severity=_severity(ends - now, ahead),
        category=Category.UNREACHABLE,
        reason=f"the certificate of {host} {_when(ends, now)}",
        blamed=Blamed(Blame.OMILIA, "It is Omilia: its certificate has to be renewed."),
    )


def age_trouble(credential: str, ends: datetime, ahead: timedelta, now: datetime) -> Trouble | None:
    """Say that a credential runs out within `ahead`, or has run out."""
    if ends - now > ahead:
        return None
    return Trouble(
        key=age_key(credential),
        health=Health.OPERATIONAL,
        severity=_severity(ends - now, ahead),
        category=Category.CREDENTIAL,
        reason=f"the credential {credential} {_when(ends, now)}",
        blamed=Blamed(Blame.CREDENTIAL, "It is us: our credential has to be renewed."),
    )


def _severity(left: timedelta, ahead: timedelta) -> Severity:
    return Severity.ERROR if left <= ahead / LAST_PART else Severity.WARNING


def _when(ends: datetime, now: datetime) -> str:
    days = math.floor(abs(ends - now) / _DAY)
    counted = "less than a day" if days == 0 else f"{days} day{'s' * (days != 1)}"
    when = f"ends in {counted}" if ends > now else f"ended {counted} ago"
    return f"{when}, on {ends:%Y-%m-%d}"
