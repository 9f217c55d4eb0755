"""A credential as a probe shows it: what to send, and what must not come back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.core.category import Category
from monitor.core.redaction import Redaction


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What a probe shows of a credential. Nothing of it may be printed or kept.

    `headers` are added to a request. `secret` is the bare token, for a message that carries it in
    its body: who sends it there takes it out of what comes back with `redaction`.
    """

    headers: Mapping[str, str] = field(repr=False)
    secret: str = field(repr=False)
    redaction: Redaction = field(repr=False)
    names: tuple[str, ...] = ()
    """The names of the headers: these stay behind when a redirect leads to another server."""


def shown(headers: Mapping[str, str], secret: str) -> Shown:
    """Make what a probe shows."""
    return Shown(headers, secret, Redaction((*headers.values(), secret)), tuple(headers))


def bearer(token: str) -> Shown:
    """Make what a probe shows that bears a token (RFC 6750)."""
    return shown({"Authorization": f"Bearer {token}"}, token)


NOTHING = shown({}, "")
"""What a probe shows that needs no credential."""


class Supply(StrEnum):
    """Whether there is something to show. Bounded: it is a metric's label and in the API."""

    OK = "ok"
    PAUSED = "paused"
    """It was refused, and is not tried again before a person or another secret says so."""
    UNAVAILABLE = "unavailable"
    """The token endpoint gives none now; it is asked again, less and less often."""
    UNKNOWN = "unknown"
    """Nobody has needed it yet, or lately."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A credential that was refused: since when, and what was said. Outlives a restart."""

    since: datetime
    reason: str
    category: Category
    status: int | None = None


@dataclass(frozen=True, slots=True)
class KeptPause:
    """A pause as it is kept, with a mark of what was refused (see adapters/credentials/mark.py)."""

    pause: Pause
    salt: str
    mark: str


@dataclass(frozen=True, slots=True)
class Stock:
    """How one credential is, for people. Nothing in it is secret.

    `category`, `status` and `reason` say why there is nothing to show; `denials` how often in a row
    the token endpoint gave none. `expires_at` is the end of the token in hand.
    """

    supply: Supply = Supply.UNKNOWN
    since: datetime | None = None
    reason: str = ""
    category: Category | None = None
    status: int | None = None
    denials: int = 0
    expires_at: datetime | None = None
