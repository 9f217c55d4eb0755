"""The configuration as a model: every key, its type, its default, and what it means.

The JSON Schema, `show-config` and docs/configuration.md derive from here or are checked against it.
A secret is never written in the file: `{env: NAME}` or `{file: PATH}`.
"""

from monitor.app.settings.access import Access, Token
from monitor.app.settings.breaker import Breaker, FailureRate, Rate, SlowRate
from monitor.app.settings.chat import Chat
from monitor.app.settings.contract import Availability
from monitor.app.settings.credential import Credential
from monitor.app.settings.endpoint import Endpoint, EndpointDefaults, Expect
from monitor.app.settings.file import Log, Retention, Settings, Warn
from monitor.app.settings.keycloak import Keycloak
from monitor.app.settings.maintenance import Maintenance
from monitor.app.settings.part import Name, Part, Positive, Status
from monitor.app.settings.poll import Poll
from monitor.app.settings.quota import Budget

__all__ = [
    "Access",
    "Availability",
    "Breaker",
    "Budget",
    "Chat",
    "Credential",
    "Endpoint",
    "EndpointDefaults",
    "Expect",
    "FailureRate",
    "Keycloak",
    "Log",
    "Maintenance",
    "Name",
    "Part",
    "Poll",
    "Positive",
    "Rate",
    "Retention",
    "Settings",
    "SlowRate",
    "Status",
    "Token",
    "Warn",
]
