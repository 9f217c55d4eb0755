"""A credential as a probe shows it: what to send, and what must not come back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
