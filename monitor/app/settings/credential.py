"""`credentials:`: the secrets that probes carry."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Tag, model_validator

from alerts.config import Secret
from monitor.app import checks
from monitor.app.settings.dated import Dated
from monitor.app.settings.keycloak import Keycloak
from monitor.app.settings.quota import Quota
from monitor.core.credential import NOTHING, Shown, bearer, shown

PAT_HEADER = "X-OCP-PERSONAL-ACCESS-TOKEN"
KINDS = ("pat", "chat_key", "keycloak")


class Credential(Dated, Quota):
    """A secret that probes carry as it is: a header of your choice, or a bearer token."""

    kind: Literal["pat", "chat_key"] | None = None
    """`pat`: `value` goes under Omilia's header for them. `chat_key`: `bearer` is a chat's key."""
    header: str | None = None
    """The header's name, for example X-OCP-PERSONAL-ACCESS-TOKEN."""
    value: Secret | None = None
    """The header's value."""
    bearer: Secret | None = None
    """A token for `Authorization: Bearer`."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.kind == "pat" and (self.value is None or self.bearer or self.header):
            raise ValueError("write {kind: pat, value: SECRET}")
        if self.kind == "chat_key" and (self.bearer is None or self.value or self.header):
            raise ValueError("write {kind: chat_key, bearer: SECRET}")
        by_header = self.header is not None and self.value is not None
        half = (self.header is None) != (self.value is None)
        if self.kind is None and (half or by_header == (self.bearer is not None)):
            raise ValueError("write either {header: NAME, value: SECRET} or {bearer: SECRET}")
        if self.header is not None:
            checks.headers({self.header: ""})
        return self

    @property
    def known_as(self) -> str:
        """What kind it is, as people call it: pat, chat_key, bearer or header."""
        if self.kind is not None:
            return self.kind
        if self.header is None:
            return "bearer"
        return "pat" if self.header.lower() == PAT_HEADER.lower() else "header"

    def shown(self) -> Shown:
        """Return what a probe shows."""
        if self.bearer is not None:
            return bearer(self.bearer.get_secret_value())
        if self.value is None:
            return NOTHING
        secret = self.value.get_secret_value()
        return shown({self.header or PAT_HEADER: secret}, secret)


def _form_of(value: Any) -> str | None:
    """Tell which model a credential is read by; None for a kind that there is not."""
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    if kind == "keycloak":
        return "keycloak"
    return "carried" if kind is None or kind in KINDS else None


AnyCredential = Annotated[
    Annotated[Credential, Tag("carried")] | Annotated[Keycloak, Tag("keycloak")],
    Discriminator(_form_of),
]
"""A credential of any kind."""
