"""What the simulated Omilia tells about itself: invented data in the documented fields."""

from typing import Any

APP_ID = "5c1f0a52-3f0e-4a52-9d7e-0d6a9a1b7c01"
"""An app that is started."""

APPS: tuple[dict[str, Any], ...] = (
    {
        "id": APP_ID,
        "name": "Harbour Bank front desk",
        "group": "Harbour Bank",
        "language": "en-US",
        "canvas": "c7b6a1d0-0001",
        "deployed_at": "2026-03-02T09:15:00Z",
        "reportable": True,
        "production_flowapp_id": "PRD_41",
        "sandbox_flowapp_id": "SND_41",
    },
    {
        "id": "5c1f0a52-3f0e-4a52-9d7e-0d6a9a1b7c02",
        "name": "Harbour Bank card desk",
        "group": "Harbour Bank",
        "language": "en-US",
        "canvas": "c7b6a1d0-0002",
        "deployed_at": "2026-04-20T14:40:00Z",
        "reportable": True,
        "production_flowapp_id": "PRD_42",
        "sandbox_flowapp_id": "SND_42",
    },
    {
        "id": "5c1f0a52-3f0e-4a52-9d7e-0d6a9a1b7c03",
        "name": "Probe playground",
        "group": "Monitoring",
        "language": "en-GB",
        "canvas": "c7b6a1d0-0003",
        "deployed_at": "2026-05-11T08:00:00Z",
        "reportable": False,
        "production_flowapp_id": "PRD_43",
        "sandbox_flowapp_id": "SND_43",
    },
)

_APPS_PATH = "/orchestrator/api/apps/"


def app_path(app_id: str) -> str:
    """Return the path of one app."""
    return f"{_APPS_PATH}{app_id}/"


def is_app(path: str) -> bool:
    """Tell whether a path names an app, known or not."""
    app_id, _, rest = path.removeprefix(_APPS_PATH).partition("/")
    return path.startswith(_APPS_PATH) and bool(app_id) and rest in ("", "status/")


def is_app_status(path: str) -> bool:
    """Tell whether a path asks for an app's status."""
    return is_app(path) and path.endswith("/status/")


DOMAINS = {"domains": ["banking", "insurance", "retail", "telecom", "travel"]}
AGENTS = [
    {"id": 11, "name": "Greeter", "group": "Harbour Bank", "component_id": "agt-11"},
    {"id": 12, "name": "Card helper", "group": "Harbour Bank", "component_id": None},
]
VOICES = {
    "voices": [
        {"language": "en-US", "provider": "harbour-tts", "name": "Nora", "id": "v-1"},
        {"language": "en-GB", "provider": "harbour-tts", "name": "Owen", "id": "v-2"},
    ]
}
COLLECTIONS = [
    {"id": "vc-1", "name": "opening-hours", "description": "When branches are open"},
    {"id": "vc-2", "name": "transfer-numbers", "description": "Where calls are handed over"},
]
MINIAPPS = [
    {"id": "ma-100", "name": "Balance", "type": "Flow", "groupId": "g-7", "activeVersion": 12},
    {"id": "ma-101", "name": "Lost card", "type": "Flow", "groupId": "g-7", "activeVersion": 3},
    {"id": "ma-102", "name": "Probe", "type": "Announcement", "groupId": "g-9", "activeVersion": 1},
]
MINIAPPS_CONFIG = {"config": {"activeVersion": "v4.31", "maxPromptMillis": 11000}}
NUMBERS = [
    {"number": "+12025550101", "country": "US", "groupId": "g-7", "miniAppId": "ma-100"},
    {"number": "+12025550102", "country": "US", "groupId": "g-7", "miniAppId": "ma-101"},
    {"number": "+442079460103", "country": "GB", "groupId": "g-9", "miniAppId": "ma-102"},
]
TABLES = {
    "DIALOGS_METRICS": [
        {"name": "dialog_id", "type": "STRING", "pk": True},
        {"name": "started_at", "type": "TIMESTAMP", "pk": False},
        {"name": "outcome", "type": "STRING", "pk": False},
        {"name": "turns", "type": "LONG", "pk": False},
    ],
    "STEPS_METRICS": [
        {"name": "step_id", "type": "STRING", "pk": True},
        {"name": "dialog_id", "type": "STRING", "pk": False},
        {"name": "confidence", "type": "DOUBLE", "pk": False},
    ],
}
DIALOG_LOG_PATH = "/dialogs-api/insights/v2/dialogs/d-1/log"
DIALOG_LOG = {"dialogId": "d-1", "log": [{"at": 1792000000000, "text": "Welcome to Harbour Bank."}]}
PROJECTS = [{"id": "kb-1", "name": "Harbour Bank questions", "documents": 42}]

_LINE = b"  /* a widget that only pretends to chat, and is as long as it has to be */\n"
BUNDLE = b'(function () {\n  "use strict";\n' + _LINE * 40 + b"  window.ChatWidget = {};\n})();\n"


def status(*, version: str, started: str, auth: dict[str, str], under_meta: bool) -> dict[str, Any]:
    """Return the Environments Manager's status, as 1.17.0 lays it out, or as 1.12.0 did."""
    signs = {"server_start_time": started, "services_status": {}}
    if under_meta:
        return {"name": "envs-manager-api", "version": version, "auth": auth, "meta": signs}
    return {"version": version, "auth": auth, **signs}


def discovery(issuer: str) -> dict[str, Any]:
    """Return the OpenID Connect discovery document of a realm."""
    base = f"{issuer}/protocol/openid-connect"
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/auth",
        "token_endpoint": f"{base}/token",
        "end_session_endpoint": f"{base}/logout",
        "jwks_uri": f"{base}/certs",
        "grant_types_supported": ["password", "refresh_token"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
