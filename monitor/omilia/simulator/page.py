"""What GET /_simulator says: what this is, what it serves, and how to break it."""

from typing import Any

from monitor.omilia.simulator.fault import OPTIONS
from monitor.omilia.simulator.services import SERVICES

_EXAMPLES = (
    ("The Environments Manager fails", '{"do": "fail", "where": "envs-manager", "status": 503}'),
    (
        "Everything is throttled for a while",
        '{"do": "throttle", "retry_after": "4s", "for": "10s"}',
    ),
    ("Every third chat hangs", '{"do": "hang", "where": "chat", "nth": 3}'),
)


def about(url: str, paths: list[str]) -> dict[str, Any]:
    """Return the page as JSON values."""
    return {
        "name": "a simulated Omilia Cloud Platform; nothing here is real",
        "url": url,
        "paths": paths,
        "services": list(SERVICES),
        "faults": {kind: sorted({"for", "where"} | options) for kind, options in OPTIONS.items()},
        "control": [
            "GET /_simulator/faults",
            "POST /_simulator/faults",
            "DELETE /_simulator/faults",
            "DELETE /_simulator/faults/{id}",
            "POST /_simulator/restart",
            "GET /_simulator/requests",
            "GET /_simulator/account",
            "POST /_simulator/account",
            "GET /_simulator/chat",
            "POST /_simulator/chat",
        ],
    }


def text(url: str, paths: list[str]) -> str:
    """Return the page as text."""
    lines = ["A simulated Omilia Cloud Platform. Nothing here is real.", "", "It serves"]
    lines += [f"  {path}" for path in paths]
    lines += ["", "Break it"]
    for title, body in _EXAMPLES:
        lines += [f"  # {title}", f"  curl {url}/_simulator/faults -d '{body}'"]
    lines += [
        "  # It restarts, and comes back with another version",
        f"""  curl {url}/_simulator/restart -d '{{"version": "1.18.0"}}'""",
        "",
        "  # Its password is another one now, and every session has ended",
        f"""  curl {url}/_simulator/account -d '{{"password": "another", "revoke": true}}'""",
        "",
        "Look",
        f"  curl {url}/_simulator/faults",
        f"  curl {url}/_simulator/requests",
        f"  curl {url}/_simulator/account",
        f"  curl {url}/_simulator/chat",
        "",
        "Heal it",
        f"  curl -X DELETE {url}/_simulator/faults",
        "",
        "Faults and their options; `where` is a service or the beginning of a path",
    ]
    lines += [f"  {kind}: {', '.join(sorted(options))}" for kind, options in OPTIONS.items()]
    lines += ["", f"Services: {', '.join(SERVICES)}", ""]
    return "\n".join(lines)
