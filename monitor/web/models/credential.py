"""Shapes of what is about credentials."""

from datetime import datetime
from typing import Literal

from monitor.core.credential import Supply
from monitor.web.models.model import Model


class CredentialModel(Model):
    """How a credential is; nothing of it is secret."""

    name: str
    kind: Literal["pat", "chat_key", "bearer", "header", "keycloak"]
    state: Supply
    """`paused`: refused, and not tried again before somebody says so."""
    since: datetime | None
    """Since when; null when nobody noted it."""
    reason: str
    """Why nothing can be shown, or who rejects it; empty when all is well."""
    age_days: int | None
    """Whole days since it was issued; null when nobody wrote down when."""
    expires_at: datetime | None
    """The end that was written down: `expires`, or `issued` and what it lasts."""
    token_expires_at: datetime | None
    """The end of the access token in hand; null without one."""
    used_by: list[str]
    accepted_by: list[str]
    """Endpoints whose last answer came after it was believed."""
    rejected_by: list[str]
    """Endpoints that answer 401 to it, twice in a row at least."""


class CredentialsModel(Model):
    """Every credential, in the order of the configuration."""

    credentials: list[CredentialModel]
