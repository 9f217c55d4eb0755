"""Who may ask: personal access tokens, access tokens and chat keys; and the account behind them."""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.omilia.simulator.services import Credential, Service
from monitor.ports import Clock

PAT_HEADER = "X-OCP-PERSONAL-ACCESS-TOKEN"
ACCESS_LASTS = 300.0
REFRESH_LASTS = 1800.0
SUSPEND_AFTER = 5
"""Wrong passwords in a row after which the account is suspended; Omilia's own number is unknown."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the simulated Omilia accepts. An `otp` of None asks for none."""

    pat: str = field(default="simulated-pat", repr=False)
    chat_key: str = field(default="simulated-chat-key", repr=False)
    username: str = "probe@example.org"
    password: str = field(default="simulated-password", repr=False)
    otp: str | None = field(default=None, repr=False)
    robot: str = "simulated-robot"
    robot_secret: str = field(default="simulated-robot-secret", repr=False)


class Credentials:
    """Checks what callers show, and remembers the tokens that it gave out.

    Everything that is public may be changed while it is asked. Times are in seconds. `asked` counts
    the requests for tokens by grant and status.
    """

    def __init__(self, secrets_: Secrets, clock: Clock) -> None:
        self.secrets = secrets_
        self.access_lasts = ACCESS_LASTS
        self.refresh_lasts = REFRESH_LASTS
        self.suspend_after = SUSPEND_AFTER
        self.suspended = False
        self.wrong = 0
        self.asked: Counter[tuple[str, int]] = Counter()
        self._clock = clock
        self._access: dict[str, float] = {}
        self._refresh: dict[str, float] = {}

    @staticmethod
    def shown(headers: Mapping[str, str]) -> Credential | None:
        """Tell which kind of credential a request carries; a chat key is a bearer token too."""
        if PAT_HEADER in headers:
            return Credential.PAT
        return Credential.BEARER if "Authorization" in headers else None

    def admit(self, service: Service, headers: Mapping[str, str]) -> bool:
        """Tell whether one of the shown credentials is good for a service."""
        accepts = service.accepts
        if not accepts:
            return True
        if Credential.PAT in accepts and headers.get(PAT_HEADER) == self.secrets.pat:
            return True
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        if Credential.CHAT_KEY in accepts:
            return token == self.secrets.chat_key
        return self._access.get(token, 0.0) > self._clock.monotonic()

    def password_is(self, username: str, password: str, otp: str | None) -> bool:
        """Check a user; too many wrong answers in a row suspend the account for good."""
        known = self.secrets
        right = (username, password) == (known.username, known.password)
        if right and (known.otp is None or otp == known.otp):
            if not self.suspended:
                self.wrong = 0
            return not self.suspended
        self.wrong += 1
        self.suspended = self.suspended or self.wrong >= self.suspend_after
        return False

    def lift(self) -> None:
        """Let a suspended account in again, as an administrator does."""
        self.suspended, self.wrong = False, 0

    def revoke(self) -> None:
        """End every session: no token that was given out is good any more."""
        self._access.clear()
        self._refresh.clear()

    def tokens(self) -> dict[str, object]:
        """Give out a new pair of tokens, in the fields that Omilia documents."""
        now = self._clock.monotonic()
        self._access = {token: end for token, end in self._access.items() if end > now}
        self._refresh = {token: end for token, end in self._refresh.items() if end > now}
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._access[access] = now + self.access_lasts
        self._refresh[refresh] = now + self.refresh_lasts
        return {
            "access_token": access,
            "expires_in": int(self.access_lasts),
            "refresh_expires_in": int(self.refresh_lasts),
            "refresh_token": refresh,
            "token_type": "bearer",
            "not-before-policy": 0,
            "session_state": secrets.token_hex(8),
            "scope": "openid",
        }

    def knows(self, refresh_token: str) -> bool:
        """Tell whether a refresh token is one of ours and still good."""
        return self._refresh.get(refresh_token, 0.0) > self._clock.monotonic()
