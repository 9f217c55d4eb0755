"""`credentials:` of kind keycloak: tokens that are asked for, and renewed."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from alerts.config import Secret
from monitor.app import checks
from monitor.app.settings.dated import Dated
from monitor.app.settings.part import Positive
from monitor.app.settings.quota import Quota
from monitor.core.token import Grant, GrantType

_NEEDS = {
    "password": ("username", "password"),
    "refresh_token": ("refresh_token",),
    "client_credentials": ("client_secret",),
}
_MAY = {
    "password": ("otp", "client_secret"),
    "refresh_token": ("client_secret",),
    "client_credentials": (),
}


class Keycloak(Dated, Quota):
    """A user or a client of a Keycloak realm, whose tokens are had as they are needed."""

    kind: Literal["keycloak"]
    """A user or a client of a Keycloak realm: its tokens are asked for, and renewed."""
    token_url: Annotated[str, AfterValidator(checks.url)]
    """The realm's token endpoint, `https://.../realms/NAME/protocol/openid-connect/token`."""
    client_id: str = Field("ocp", min_length=1)
    """The client; Omilia's public one is `ocp`."""
    client_secret: Secret | None = None
    """The client's secret, where it has one."""
    grant: Literal["password", "refresh_token", "client_credentials"]
    """How a token is had. A refused one is never repeated: accounts get suspended."""
    username: str | None = Field(None, min_length=1)
    """For `grant: password`."""
    password: Secret | None = None
    """For `grant: password`."""
    otp: Secret | None = None
    """For `grant: password`: a one-time code. It is good once, so not for a daemon; for `probe`."""
    refresh_token: Secret | None = None
    """For `grant: refresh_token`; best an offline token, which does not end with a session."""
    timeout: Annotated[Positive, Field(le=60)] = 10.0
    """How long one request for a token may take."""
    ca_file: Annotated[str, AfterValidator(checks.certificates)] | None = None
    """Certificates (PEM) to trust instead of the system's."""

    @model_validator(mode="after")
    def _fits_its_grant(self) -> Self:
        needs, may = _NEEDS[self.grant], _MAY[self.grant]
        missing = [name for name in needs if getattr(self, name) is None]
        if missing:
            right = (
                f"{name}: {'NAME' if name == 'username' else '{env: NAME}'}" for name in missing
            )
            raise ValueError(
                f"grant {self.grant} needs {' and '.join(missing)}; write {', '.join(right)}"
            )
        for name in ("username", "password", "otp", "refresh_token", "client_secret"):
            if getattr(self, name) is not None and name not in (*needs, *may):
                raise ValueError(f"grant {self.grant} has no use for {name}; leave it out")
        return self

    @property
    def known_as(self) -> str:
        """What kind it is, as people call it."""
        return self.kind

    def as_grant(self) -> Grant:
        """Return what a token is asked for with. These values are secret."""
        client = {"client_id": self.client_id, **_plain(client_secret=self.client_secret)}
        proof = _plain(password=self.password, otp=self.otp, refresh_token=self.refresh_token)
        if self.username is not None:
            proof = {"username": self.username, **proof}
        return Grant(
            self.token_url, GrantType(self.grant), client, proof, self.timeout, self.ca_file
        )


def _plain(**secrets: Secret | None) -> dict[str, str]:
    return {name: one.get_secret_value() for name, one in secrets.items() if one is not None}
