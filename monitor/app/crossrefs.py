"""Rules between parts of the configuration: names that must exist, ids that must differ.

They are checked on the values as they stand in the file, so that a typo elsewhere hides nothing;
what is of the wrong type is left to the model.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from monitor.app.expansion import Expanded
from monitor.app.problems import Path, Problem, spell
from monitor.omilia.catalogue import CATALOGUE, Auth

_SHOWN = 20
"""How many known names are listed."""


def check(file: dict[str, Any], expanded: Expanded) -> Iterator[Problem]:
    """Yield every reference that leads nowhere, every id that stands twice, every circle.

    What a part `omilia` with problems would have made is taken for there.
    """
    channels, credentials = _keys(file.get("channels")), _keys(file.get("credentials"))
    endpoints = [e if isinstance(e, dict) else {} for e in _list(file.get("endpoints"))]
    windows = [w if isinstance(w, dict) else {} for w in _list(file.get("maintenance"))]
    ids = [str(endpoint.get("id", "")) for endpoint in endpoints]
    first = {name: n for n, name in reversed(list(enumerate(ids)))}
    known = dict.fromkeys(filter(None, ids))
    if not expanded.whole:
        known |= dict.fromkeys(CATALOGUE)
        credentials += map(str, Auth)
    elif file.get("endpoints", []) == []:
        right = "name at least one endpoint, or write omilia: with a region"
        yield Problem(("endpoints",), "nothing to watch", right)
    plain = [name for name, one in zip(ids, endpoints, strict=True) if name and not one.get("chat")]
    yield from _unknown(("self_alerts",), _words(file.get("self_alerts")), channels, "channel")
    for n, endpoint in enumerate(endpoints):
        place = ("endpoints", n)
        if ids[n] and first[ids[n]] != n:
            other = expanded.places.shown(("endpoints", first[ids[n]]))
            yield Problem((*place, "id"), f"{ids[n]!r} is already {spell(other)}")
        yield from _unknown((*place, "alert"), _words(endpoint.get("alert")), channels, "channel")
        needs = _words(endpoint.get("needs"))
        yield from _unknown((*place, "needs"), needs, known, "endpoint")
        status = _app_status(endpoint)
        yield from _unknown((*place, "chat", "app_status"), status, plain, "plain endpoint")
        named = [endpoint["credential"]] if isinstance(endpoint.get("credential"), str) else []
        yield from _unknown((*place, "credential"), named, credentials, "credential")
    for name, budget in (file.get("budgets") or {}).items():
        named = _words([budget.get("credential")]) if isinstance(budget, dict) else []
        yield from _unknown(("budgets", name, "credential"), named, credentials, "credential")
    yield from _circles(endpoints)
    yield from _watchdog(file)
    yield from _routes(_list(file.get("routes")), channels)
    yield from _maintenance(windows, endpoints)
    yield from _watched_witnesses(file.get("witnesses"), endpoints)


def _watched_witnesses(witnesses: Any, endpoints: list[dict[str, Any]]) -> Iterator[Problem]:
    """Find witnesses that are watched themselves: their outage would look like ours."""
    watched = set(filter(None, (_place(endpoint.get("url")) for endpoint in endpoints)))
    hosts = {host for host, _ in watched}
    asked = _list(witnesses.get("ask")) if isinstance(witnesses, dict) else []
    for n, witness in enumerate(asked):
        for kind, where in witness.items() if isinstance(witness, dict) else ():
            place = _place(where if kind == "http" else f"https://{where}")
            if place and (place in watched or (kind == "dns" and place[0] in hosts)):
                wrong = f"{place[0]} is watched itself, and its outage would look like ours"
                yield Problem(("witnesses", "ask", n), wrong, "name somebody else")


def _place(url: Any) -> tuple[str, int] | None:
    """Return the host and port of a URL; None when it has none."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or (80 if parts.scheme in ("http", "ws") else 443)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname else None


def _watchdog(file: dict[str, Any]) -> Iterator[Problem]:
    """Find channels that do not notice our silence."""
    channels = file.get("channels")
    configured = channels if isinstance(channels, dict) else {}
    yield from _unknown(("watchdog",), _words(file.get("watchdog")), configured, "channel")
    for name in _words(file.get("watchdog")):
        one = configured.get(name)
        if isinstance(one, dict) and one.get("kind") != "alertmanager":
            right = "name channels of kind alertmanager; for others there is deadman"
            yield Problem(("watchdog",), f"{name!r} would not notice our silence", right)


def _routes(routes: list[Any], channels: Collection[str]) -> Iterator[Problem]:
    """Find steps and fallbacks that lead to no channel."""
    for n, route in enumerate(one if isinstance(one, dict) else {} for one in routes):
        steps, instead = _list(route.get("steps")), route.get("fallback")
        other = instead.get("channel") if isinstance(instead, dict) else instead
        yield from _unknown(("routes", n, "fallback"), _words([other]), channels, "channel")
        for m, step in enumerate(one if isinstance(one, dict) else {} for one in steps):
            place = ("routes", n, "steps", m)
            told = step.get("unless_told")
            named = [told] if isinstance(told, str) else []
            yield from _unknown(
                (*place, "channels"), _words(step.get("channels")), channels, "channel"
            )
            yield from _unknown((*place, "unless_told"), named, channels, "channel")


def _maintenance(
    windows: list[dict[str, Any]], endpoints: list[dict[str, Any]]
) -> Iterator[Problem]:
    """Find windows about nobody, and names that stand twice."""
    names = [str(window.get("name", "")) for window in windows]
    first = {name: n for n, name in reversed(list(enumerate(names)))}
    known = {
        "endpoint": dict.fromkeys(str(e["id"]) for e in endpoints if e.get("id")),
        "group": dict.fromkeys(str(e.get("group", "default")) for e in endpoints),
        "region": dict.fromkeys(str(e["region"]) for e in endpoints if e.get("region")),
    }
    for n, window in enumerate(windows):
        if names[n] and first[names[n]] != n:
            wrong = f"{names[n]!r} is already maintenance[{first[names[n]]}]"
            yield Problem(("maintenance", n, "name"), wrong)
        for kind, there in known.items():
            place = ("maintenance", n, f"{kind}s")
            yield from _unknown(place, _words(window.get(f"{kind}s")), there, kind)


def _unknown(
    place: Path, names: Iterable[str], known: Collection[str], kind: str
) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            shown = ", ".join(list(known)[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
            right = f"known: {shown}" if known else f"no {kind} is configured"
            yield Problem(place, f"there is no {kind} {name!r}", right)


def _circles(endpoints: list[dict[str, Any]]) -> Iterator[Problem]:
    """Find endpoints that need themselves, by whatever way round."""
    needs = {str(e.get("id")): _words(e.get("needs")) for e in endpoints}
    for n, endpoint in enumerate(endpoints):
        seen: set[str] = set()
        ahead = list(_words(endpoint.get("needs")))
        while ahead:
            name = ahead.pop()
            if name == endpoint.get("id"):
                yield Problem(("endpoints", n, "needs"), f"{name!r} needs itself, in a circle")
                break
            if name not in seen:
                seen.add(name)
                ahead += needs.get(name, ())


def _app_status(endpoint: dict[str, Any]) -> list[str]:
    chat = endpoint.get("chat")
    return _words([chat.get("app_status")]) if isinstance(chat, dict) else []


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _words(value: Any) -> list[str]:
    return [word for word in _list(value) if isinstance(word, str)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
