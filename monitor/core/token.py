"""Tokens of a token endpoint: how they are asked for, and what its answer means.

OAuth 2.0 (RFC 6749) as Keycloak speaks it and Omilia documents it: client `ocp`, `expires_in`,
`refresh_expires_in`. A refused grant is final, because accounts get suspended: only a person, or
another secret, makes it worth another try.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeGuard
from urllib.parse import urlencode

from monitor.core.category import Category
from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, NotSent, Reply
from monitor.core.outcome import EFFECTS, Effect, Expectation, judge
from monitor.core.redaction import Redaction

MARGIN = 30.0
"""Seconds before its end in which a token is renewed; at most half of its life."""
USUAL_LIFE = 60.0
"""Seconds that a token is taken to live whose answer does not say so (RFC 6749, 5.1)."""
LONGEST_LIFE = 86_400.0
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 300.0
LONGEST_WAIT = 3600.0
"""Seconds that a Retry-After is believed."""

MAX_BODY = 65_536
"""Bytes of an answer that are read."""

_VISIBLE = re.compile(r"[!-~]+")
_NOT_FOUND = 404
_WELL_STATUS = 200
_WELL = Expectation(status=frozenset({_WELL_STATUS}))


class GrantType(StrEnum):
    """How a token is had. Bounded: it is a metric's label."""

    PASSWORD = "password"  # noqa: S105  the name of a grant
    REFRESH_TOKEN = "refresh_token"  # noqa: S105  the name of a grant
    CLIENT_CREDENTIALS = "client_credentials"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is asked for with. `client` and `proof` are form fields; nobody prints them.

    `timeout` is in seconds.
    """

    token_url: str
    type: GrantType
    client: Mapping[str, str] = field(repr=False)
    proof: Mapping[str, str] = field(repr=False)
    timeout: float = 10.0
    ca_file: str | None = None

    @property
    def refresh_token(self) -> str | None:
        """The refresh token that was configured."""
        return self.proof.get("refresh_token")

    def request(self, refresh_token: str | None) -> Request:
        """Return the request for a token: by a refresh token that is in hand, or by the grant."""
        proof = self.proof
        kind = self.type
        if refresh_token is not None:
            kind, proof = GrantType.REFRESH_TOKEN, {"refresh_token": refresh_token}
        form = {**self.client, "grant_type": kind.value, **proof}
        return Request(
            url=self.token_url,
            method="POST",
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=urlencode(form).encode(),
            timeout=self.timeout,
            max_body=MAX_BODY,
            ca_file=self.ca_file,
        )

    def redaction(self, *more: str) -> Redaction:
        """Return what takes our secrets, and more, out of what the token endpoint says."""
        hidden = [text for name, text in self.client.items() if name != "client_id"]
        hidden += [text for name, text in self.proof.items() if name != "username"]
        return Redaction((*hidden, *more))


@dataclass(frozen=True, slots=True)
class Given:
    """A token, and how long it lives in seconds. A refresh token without an end has None."""

    access: str = field(repr=False)
    life: float
    refresh: str | None = field(default=None, repr=False)
    refresh_life: float | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """No token, and why. What is final is not tried again by itself."""

    category: Category
    why: str
    status: int | None = None
    retry_after: float | None = None
    final: bool = False


def cleaned(exchange: Exchange, redaction: Redaction) -> Exchange:
    """Take secrets out of a refusal, before its words are chosen and cut."""
    if not isinstance(exchange, Reply) or exchange.status == _WELL_STATUS:
        return exchange
    body = redaction.body(exchange.body, cut=len(exchange.body) >= MAX_BODY)
    return replace(exchange, body=body, headers=redaction.headers(exchange.headers))


def answered(exchange: Exchange, now: datetime) -> Given | Denied:
    """Read what came of asking for a token."""
    if isinstance(exchange, NotSent):
        return Denied(Category.BLOCKED, exchange.detail)
    finding = judge(exchange, _WELL, now=now)
    status = exchange.status if isinstance(exchange, Reply) else None
    if isinstance(exchange, Reply) and finding.effect is Effect.SUCCESS:
        found = _given(exchange.body)
        return found if isinstance(found, Given) else Denied(Category.UNEXPECTED, found, status)
    why = finding.detail or "no answer from the token endpoint"
    if status == _NOT_FOUND:
        why = f"{why}; there is no such realm: correct realm, or token_url"
    refused = EFFECTS[finding.category] is Effect.NEUTRAL and status is not None
    final = refused and status != _NOT_FOUND and 400 <= (status or 0) < 500  # noqa: PLR2004  4xx
    return Denied(finding.category, why, status, finding.retry_after, final)


def _given(body: bytes) -> Given | str:
    """Read an answer of RFC 6749, 5.1; or say, without repeating it, what is wrong with it."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "the token endpoint's answer is not JSON"
    if not isinstance(value, dict):
        return "the token endpoint's answer is not an object"
    access, refresh = value.get("access_token"), value.get("refresh_token")
    if not _is_token(access):
        return "the token endpoint's answer has no access_token that a header can carry"
    life = _seconds(value.get("expires_in"))
    return Given(
        access=access,
        life=USUAL_LIFE if life is None else min(max(life, 1.0), LONGEST_LIFE),
        refresh=refresh if _is_token(refresh) else None,
        # Keycloak says 0 of an offline token, which has no end.
        refresh_life=_seconds(value.get("refresh_expires_in")) or None,
    )


def _is_token(value: Any) -> TypeGuard[str]:
    """Tell whether a header can carry it: visible characters of ASCII, at least one."""
    return isinstance(value, str) and _VISIBLE.fullmatch(value) is not None


def _seconds(value: Any) -> float | None:
    """Return a number of seconds; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:  # noqa: PLR2004  nobody means centuries
        return None
    return float(value)


def renewal(life: float, roll: float) -> float:
    """Return when to renew a token, in seconds since it was asked for. `roll` is in [0, 1].

    The margin before the end grows by up to a half, so that many do not come at once.
    """
    return life - min(MARGIN * (1 + roll / 2), life / 2)


def pause_of(denials: int, retry_after: float | None, roll: float) -> float:
    """Return how long not to ask after so many denials in a row, in seconds. `roll` is in [0, 1].

    Twice as long each time, never shorter than what we were told to wait.
    """
    grown: float = min(FIRST_PAUSE * 2.0 ** min(denials - 1, 16), LONGEST_PAUSE)
    told = min(retry_after or 0.0, LONGEST_WAIT)
    return max(grown * (1 + roll) / 2, told)
