"""Rules between parts of the configuration: names that must exist, ids that must differ."""

from collections.abc import Iterable, Iterator

from monitor.app.problems import Problem
from monitor.app.settings import Settings


def check(settings: Settings) -> Iterator[Problem]:
    """Yield every reference that leads nowhere, every id that stands twice, every circle."""
    channels, credentials = settings.channels.root, settings.credentials
    yield from _unknown(("self_alerts",), settings.self_alerts or (), channels, "channel")
    ids = [endpoint.id for endpoint in settings.endpoints]
    for n, endpoint in enumerate(settings.endpoints):
        place = ("endpoints", n)
        if ids.index(endpoint.id) != n:
            first = ids.index(endpoint.id)
            yield Problem((*place, "id"), f"{endpoint.id!r} is already endpoints[{first}]")
        yield from _unknown((*place, "alert"), endpoint.alert or (), channels, "channel")
        yield from _unknown((*place, "needs"), endpoint.needs, ids, "endpoint")
        if endpoint.credential is not None:
            named = [endpoint.credential]
            yield from _unknown((*place, "credential"), named, credentials, "credential")
    yield from _circles(settings)


def _unknown(
    place: tuple[str | int, ...], names: Iterable[str], known: Iterable[str], kind: str
) -> Iterator[Problem]:
    there = list(known)
    for name in names:
        if name not in there:
            right = f"known: {', '.join(there)}" if there else f"no {kind} is configured"
            yield Problem(place, f"there is no {kind} {name!r}", right)


def _circles(settings: Settings) -> Iterator[Problem]:
    """Find endpoints that need themselves, by whatever way round."""
    needs = {endpoint.id: endpoint.needs for endpoint in settings.endpoints}
    for n, endpoint in enumerate(settings.endpoints):
        seen: set[str] = set()
        ahead = list(endpoint.needs)
        while ahead:
            name = ahead.pop()
            if name == endpoint.id:
                yield Problem(("endpoints", n, "needs"), f"{name!r} needs itself, in a circle")
                break
            if name not in seen:
                seen.add(name)
                ahead += needs.get(name, ())
