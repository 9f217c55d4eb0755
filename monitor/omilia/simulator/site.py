"""Everything that the simulated Omilia serves to a plain GET, rendered once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from monitor.omilia.simulator import bodies
from monitor.omilia.simulator.answer import Answer, raw, rendered
from monitor.omilia.simulator.errors import Trouble

Query = Mapping[str, str]
STATUS = "/envs-manager/api/status"


@dataclass(frozen=True, slots=True)
class Blame:
    """A parameter that is missing or makes no sense, and what to say about it."""

    status: int
    field: str
    detail: str

    def trouble(self, path: str, at: datetime) -> Trouble:
        """Return it as trouble with a path and a time."""
        return Trouble(self.status, at, path, self.detail, field=self.field)


class Site:
    """The pages. `fixed` need nothing of the request; `asked` look at its query."""

    def __init__(self, *, auth_url: str, realm: str, status_layout: str) -> None:
        issuer = f"{auth_url}/realms/{realm}"
        self.token_path = f"/auth/realms/{realm}/protocol/openid-connect/token"
        self._auth = {"realm": realm, "client_id": "ocp", "url": auth_url}
        self._under_meta = status_layout == "meta"
        self.fixed: dict[str, Answer] = {
            f"/auth/realms/{realm}/.well-known/openid-configuration": rendered(
                bodies.discovery(issuer)
            ),
            "/orchestrator/api/nlu/domains/": rendered(bodies.DOMAINS),
            "/orchestrator/api/agents/": rendered(bodies.AGENTS),
            "/miniapps/api/config": rendered(bodies.MINIAPPS_CONFIG),
            "/metrics-api/v3/tables": rendered({"tables": list(bodies.TABLES)}),
            "/pathfinder/api/v1/projects": rendered(bodies.PROJECTS),
            bodies.DIALOG_LOG_PATH: rendered(bodies.DIALOG_LOG),
            "/ChatWidget/bundle.js": raw(bodies.BUNDLE, 200, "application/javascript"),
        }
        for name, columns in bodies.TABLES.items():
            self.fixed[f"/metrics-api/v3/tables/{name}"] = rendered(columns)
        for app in bodies.APPS:
            path = bodies.app_path(app["id"])
            self.fixed[path] = rendered(app)
            self.fixed[path + "status/"] = app_status("started")
        self.asked: dict[str, Callable[[Query], Answer | Blame]] = {
            "/envs-manager/api/v1/variables-collections": _collections,
            "/orchestrator/api/apps/pagination/": _apps,
            "/orchestrator/api/tts/voices/": _voices,
            "/miniapps/api/apps": _miniapps,
            "/integrations/api/numbers": _numbers,
        }

    def restarted(self, version: str, started: str) -> None:
        """Show another version and start time (ISO 8601) from now on."""
        self.fixed[STATUS] = rendered(
            bodies.status(
                version=version, started=started, auth=self._auth, under_meta=self._under_meta
            )
        )

    def knows(self, path: str) -> bool:
        """Tell whether a GET of this path is served."""
        return path in self.fixed or path in self.asked


@lru_cache
def app_status(state: str) -> Answer:
    """Return how an app stands: started, stopped or not-deployed."""
    return rendered({"status": state})


def _whole(query: Query, name: str, default: int) -> int | None:
    """Return a whole number from 1 of the query; None when it is not one."""
    written = query.get(name)
    if written is None:
        return default
    good = written.isascii() and written.isdigit() and len(written) <= 4  # noqa: PLR2004  pages have sane sizes
    return int(written) or None if good else None


def _collections(query: Query) -> Answer | Blame:
    """Find collections of variables by a part of their name."""
    term = query.get("searchTerm", "")
    if len(term) > 100:  # noqa: PLR2004  any limit will do to show what a validation error looks like
        return Blame(422, "searchTerm", "At most 100 characters")
    found = [each for each in bodies.COLLECTIONS if term.lower() in each["name"]]
    return rendered({"data": found})


def _apps(query: Query) -> Answer | Blame:
    """Return the first apps."""
    limit = _whole(query, "limit", 30)
    if limit is None:
        return Blame(400, "limit", "A whole number from 1 is needed.")
    results = list(bodies.APPS[:limit])
    return rendered({"count": len(bodies.APPS), "next": None, "previous": None, "results": results})


def _voices(query: Query) -> Answer | Blame:
    """Return the voices of an organisation."""
    if not query.get("organization"):
        return Blame(400, "organization", "An organization is needed.")
    return rendered(bodies.VOICES)


def _miniapps(query: Query) -> Answer | Blame:
    """Return the first miniApps."""
    size = _whole(query, "pageSize", 20)
    if size is None:
        return Blame(400, "pageSize", "pageSize must be a whole number from 1")
    total = len(bodies.MINIAPPS)
    return rendered({"apps": bodies.MINIAPPS[:size], "total": total, "pageSize": size})


def _numbers(query: Query) -> Answer | Blame:
    """Return one page of telephone numbers."""
    page, size = _whole(query, "page", 1), _whole(query, "pageSize", 20)
    if page is None or size is None:
        return Blame(400, "page", "page and pageSize must be whole numbers from 1")
    begin = (page - 1) * size
    return rendered(
        {
            "numbers": bodies.NUMBERS[begin : begin + size],
            "page": page,
            "pageSize": size,
            "total": len(bodies.NUMBERS),
        }
    )
