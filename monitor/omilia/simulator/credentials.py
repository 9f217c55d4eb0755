"""Who may ask: personal access tokens, access tokens and chat keys."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.omilia.simulator.services import Credential, Service
from monitor.ports import Clock

PAT_HEADER = "X-OCP-PERSONAL-ACCESS-TOKEN"
ACCESS_LASTS = 300
REFRESH_LASTS = 1800


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the simulated Omilia accepts. An `otp` of None asks for none."""

    pat: str = field(default="simulated-pat", repr=False)
    chat_key: str = field(default="simulated-chat-key", repr=False)
    username: str = "probe@example.org"
    password: str = field(default="simulated-password", repr=False)
    otp: str | None = field(default=None, repr=False)


class Credentials:
    """Checks what callers show, and remembers the tokens that it gave out."""

    def __init__(self, secrets_: Secrets, clock: Clock) -> None:
        self.secrets = secrets_
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

    def tokens(self) -> dict[str, object]:
        """Give out a new pair of tokens, in the fields that Omilia documents."""
        now = self._clock.monotonic()
        self._access = {token: end for token, end in self._access.items() if end > now}
        self._refresh = {token: end for token, end in self._refresh.items() if end > now}
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._access[access] = now + ACCESS_LASTS
        self._refresh[refresh] = now + REFRESH_LASTS
        return {
            "access_token": access,
            "expires_in": ACCESS_LASTS,
            "refresh_expires_in": REFRESH_LASTS,
            "refresh_token": refresh,
            "token_type": "bearer",
            "not-before-policy": 0,
            "session_state": secrets.token_hex(8),
            "scope": "openid",
        }

    def knows(self, refresh_token: str) -> bool:
        """Tell whether a refresh token is one of ours and still good."""
        return self._refresh.get(refresh_token, 0.0) > self._clock.monotonic()
