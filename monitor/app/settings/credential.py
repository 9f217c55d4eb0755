"""`credentials:`: the secrets that probes carry."""

from typing import Self

from pydantic import model_validator

from alerts.config import Secret
from monitor.app import checks
from monitor.app.settings.part import Part
from monitor.core.credential import NOTHING, Shown, bearer, shown


class Credential(Part):
    """A secret that probes carry: a header of your choice, or a bearer token."""

    header: str | None = None
    """The header's name, for example X-OCP-PERSONAL-ACCESS-TOKEN."""
    value: Secret | None = None
    """The header's value."""
    bearer: Secret | None = None
    """A token for `Authorization: Bearer`."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        by_header = self.header is not None and self.value is not None
        half = (self.header is None) != (self.value is None)
        if half or by_header == (self.bearer is not None):
            raise ValueError("write either {header: NAME, value: SECRET} or {bearer: SECRET}")
        if self.header is not None:
            checks.headers({self.header: ""})
        return self

    def shown(self) -> Shown:
        """Return what a probe shows."""
        if self.bearer is not None:
            return bearer(self.bearer.get_secret_value())
        if self.header is None or self.value is None:
            return NOTHING
        secret = self.value.get_secret_value()
        return shown({self.header: secret}, secret)
