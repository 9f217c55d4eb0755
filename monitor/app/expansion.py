"""`omilia:` written out: endpoints and credentials of the catalogue, before all validation.

What the file says under `endpoints` and `credentials` wins: an endpoint with the id of one from the
catalogue is laid over it key by key, a credential takes the other's place.
"""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr, ValidationError

from monitor.app.merging import laid_over
from monitor.app.places import Origin, Places
from monitor.app.problems import Path, Problem
from monitor.app.settings.omilia import DEFAULT, Omilia, OmiliaApp
from monitor.app.translation import translated
from monitor.omilia.catalogue import CATALOGUE, Auth, Probe
from monitor.omilia.regions import ASSETS, REGIONS
from monitor.omilia.rendering import (
    App,
    Hosts,
    Tenant,
    chat_key,
    credentials,
    default_probes,
    lacks,
    rendered,
)

File = dict[str, Any]
PART = "omilia"


@dataclass(frozen=True, slots=True)
class Expanded:
    """A file with its `omilia` part written out, and where everything in it came from."""

    file: File
    places: Places
    whole: bool = True
    """False when the part has problems, and nothing was written out."""


def expand(file: File, problems: list[Problem]) -> Expanded:
    """Write the part out. What is wrong with it is added to `problems`."""
    defaults = file.get("defaults")
    common = tuple(defaults) if isinstance(defaults, dict) else ()
    if PART not in file:
        return Expanded(file, Places(_endpoints(file.get("endpoints"), [], None)[1], (), common))
    omilia = _read(file, problems)
    tenant = None if omilia is None else _tenant(omilia, file, problems)
    if omilia is None or tenant is None:
        rest = {key: part for key, part in file.items() if key != PART}
        origins = _endpoints(file.get("endpoints"), [], None)[1]
        return Expanded(rest, Places(origins, (), common), whole=False)
    made = rendered(_chosen(omilia, tenant, problems), tenant)
    endpoints, origins = _endpoints(file.get("endpoints"), made, tenant)
    shown = {name: getattr(tenant.hosts, name) for name in ("api", "auth", "analytics", "realm")}
    if tenant.hosts.assets:
        shown["assets"] = tenant.hosts.assets
    own = file.get("credentials")
    added = _credentials(omilia, tenant.hosts)
    written = {
        **file,
        PART: {**(file[PART] or {}), **shown},
        "credentials": {**added, **own} if isinstance(own, dict) else own or added,
        "endpoints": endpoints,
    }
    taken = own.keys() if isinstance(own, dict) else ()
    return Expanded(written, Places(origins, added.keys() - taken, common))


def _read(file: File, problems: list[Problem]) -> Omilia | None:
    try:
        return Omilia.model_validate({} if file[PART] is None else file[PART])
    except ValidationError as error:
        problems += [replace(p, path=(PART, *p.path)) for p in translated(error, Omilia)]
        return None


# ---------------------------------------------------------------- where, and as whom


def _tenant(omilia: Omilia, file: File, problems: list[Problem]) -> Tenant | None:
    hosts = _hosts(omilia, problems)
    nobody = list(_unknown_credentials(omilia, file.get("credentials")))
    problems += nobody
    if hosts is None or nobody:
        return None
    given = omilia.credentials
    names = {
        auth: value if isinstance(value, str) else auth.value
        for auth in Auth
        if (value := getattr(given, auth.value)) is not None
    }
    apps = tuple(_app(app) for app in omilia.apps)
    return Tenant(hosts, omilia.region or "", names, apps)


def _hosts(omilia: Omilia, problems: list[Problem]) -> Hosts | None:
    """Say where everything is. There is no host that nobody named."""
    known = REGIONS.get(omilia.region or "")
    api = omilia.api or (known.api if known else None)
    realm = omilia.realm or (known.realm if known else None)
    if api is None or realm is None:
        names = ", ".join(REGIONS)
        if omilia.region is not None:
            wrong = f"there is no region {omilia.region!r} here (known: {names})"
            right = "say where it is: api, realm, and auth where that is another host"
            problems.append(Problem((PART, "region"), wrong, right))
        elif api is None:
            wrong, right = "names no region, and no hosts", f"write region: NAME ({names})"
            problems.append(Problem((PART,), wrong, f"{right}, or api: and realm:"))
        else:
            right = "write realm: master (Swarm, -m.ocp.ai) or realm: ocp (Kubernetes, pub.)"
            problems.append(Problem((PART,), "names no realm", right))
        return None
    auth = omilia.auth or (known.auth if known else api)
    analytics = omilia.analytics or (known.analytics if known else api)
    assets = omilia.assets or (ASSETS if known else "")
    found = {"api": api, "auth": auth, "analytics": analytics, "assets": assets}
    return Hosts(realm=realm, **{name: url.rstrip("/") for name, url in found.items()})


def _unknown_credentials(omilia: Omilia, own: Any) -> list[Problem]:
    known = own if isinstance(own, dict) else {}
    given: list[tuple[Path, Any]] = [
        (("credentials", str(a)), getattr(omilia.credentials, a)) for a in Auth
    ]
    given += [(("apps", n, "chat"), app.chat) for n, app in enumerate(omilia.apps)]
    # Not repeated: whoever writes a secret there by mistake would find it in a log.
    right = "a secret is written {env: NAME} or {file: PATH}"
    return [
        Problem((PART, *place), "there is no credential of this name", right)
        for place, value in given
        if isinstance(value, str) and value not in known
    ]


def _app(app: OmiliaApp) -> App:
    name = app.name or app.id.lower().replace("_", "-").strip("-")[:40]
    chat = app.chat if isinstance(app.chat, str | None) else f"{Auth.CHAT}-{name}"
    return App(name, app.id, chat or "", app.chat_url or "")


def _credentials(omilia: Omilia, hosts: Hosts) -> File:
    """Make credentials of what is not a name."""
    given = {auth: getattr(omilia.credentials, auth.value) for auth in Auth}
    made = {a: v for a, v in given.items() if isinstance(v, SecretStr | dict)}
    found = dict(credentials(hosts, made))
    for app in omilia.apps:
        if isinstance(app.chat, SecretStr):
            found[_app(app).chat] = chat_key(app.chat)
    return found


# ---------------------------------------------------------------- which probes


def _chosen(omilia: Omilia, tenant: Tenant, problems: list[Problem]) -> list[Probe]:
    """Return the probes in the catalogue's order; say of each that is named what it lacks."""
    wanted: set[str] = set()
    for n, name in enumerate(omilia.probes):
        if name == DEFAULT:
            if not {Auth.PAT, Auth.KEYCLOAK} & tenant.credentials.keys():
                wrong = "neither pat nor keycloak: most of the default probes need one"
                right = (
                    "write credentials: {pat: {env: OCP_PAT}}, or name the probes that need none"
                )
                problems.append(Problem((PART, "credentials"), wrong, right))
            wanted.update(probe.name for probe in default_probes(CATALOGUE.values(), tenant))
        elif lack := lacks(CATALOGUE[name], tenant):
            missing, _, right = lack.partition("; ")
            problems.append(Problem((PART, "probes", n), f"{name} needs {missing}", right))
        else:
            wanted.add(name)
    return [probe for name, probe in CATALOGUE.items() if name in wanted]


def _endpoints(
    own: Any, made: list[File], tenant: Tenant | None = None
) -> tuple[Any, list[Origin]]:
    """Lay the file's endpoints over those that were made; the others follow in their order."""
    if own is not None and not isinstance(own, list):
        return own, []
    found: list[Any] = list(made)
    origins = [Origin(None, one["id"], made=frozenset(one)) for one in made]
    index = {one["id"]: n for n, one in enumerate(made)}
    for n, one in enumerate(own or ()):
        endpoint = _filled(one, tenant)
        name = endpoint.get("id") if isinstance(endpoint, dict) else None
        keys = frozenset(endpoint) if isinstance(endpoint, dict) else frozenset()
        at = index.pop(name, None) if isinstance(name, str) else None
        if at is None:
            found.append(endpoint)
            origins.append(Origin(n, keys=keys))
        else:
            found[at] = laid_over(found[at], endpoint)
            origins[at] = replace(origins[at], index=n, keys=keys)
    return found, origins


def _filled(endpoint: Any, tenant: Tenant | None) -> Any:
    """Write the hosts into the URL of an endpoint that names one: it is in the region then."""
    if tenant is None or not isinstance(endpoint, dict) or not isinstance(endpoint.get("url"), str):
        return endpoint
    url = tenant.hosts.fill(endpoint["url"])
    in_region = {"region": tenant.region, **endpoint, "url": url}
    return endpoint if url == endpoint["url"] else in_region
