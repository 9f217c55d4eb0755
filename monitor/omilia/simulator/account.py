"""The account behind the token endpoint, as the control interface shows and changes it."""

from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from monitor.omilia.simulator.credentials import Credentials
from monitor.omilia.simulator.duration import Duration

_SECRETS = frozenset({"pat", "chat_key", "username", "password", "otp", "robot_secret"})


class Change(BaseModel):
    """What becomes otherwise; what is left out stays. Times are in seconds.

    Who shows a secret that was replaced is refused from then on. `revoke` ends every session. An
    `otp` of null asks for none.
    """

    model_config = ConfigDict(extra="forbid")

    pat: str = Field(default="", min_length=1)
    chat_key: str = Field(default="", min_length=1)
    username: str = Field(default="", min_length=1)
    password: str = Field(default="", min_length=1)
    robot_secret: str = Field(default="", min_length=1)
    otp: str | None = None
    access_lasts: Duration = Field(default=0, gt=0)
    refresh_lasts: Duration = Field(default=0, gt=0)
    suspend_after: int = Field(default=1, ge=1, strict=True)
    suspended: bool = False
    revoke: bool = False

    def apply(self, credentials: Credentials) -> None:
        """Change the account."""
        said = self.model_dump(include=self.model_fields_set)
        secrets = {name: value for name, value in said.items() if name in _SECRETS}
        credentials.secrets = replace(credentials.secrets, **secrets)
        for name in ("access_lasts", "refresh_lasts", "suspend_after", "suspended"):
            if name in said:
                setattr(credentials, name, said[name])
        if said.get("suspended") is False:
            credentials.lift()
        if self.revoke:
            credentials.revoke()


def shown(credentials: Credentials) -> dict[str, Any]:
    """Return how the account is, without anything that is secret."""
    return {
        "suspended": credentials.suspended,
        "wrong_passwords": credentials.wrong,
        "suspend_after": credentials.suspend_after,
        "otp_asked": credentials.secrets.otp is not None,
        "access_lasts": credentials.access_lasts,
        "refresh_lasts": credentials.refresh_lasts,
        "asked": [
            {"grant": grant, "status": status, "count": count}
            for (grant, status), count in sorted(credentials.asked.items())
        ],
    }
