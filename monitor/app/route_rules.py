"""Rules of routes that no single key can hold: fallbacks, and groups beside each other."""

from collections.abc import Iterator, Mapping, Sequence

from monitor.app.problems import Problem
from monitor.app.settings import Settings
from monitor.app.settings.route import Route


def check(settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with routes that are well-formed one by one."""
    yield from _groups(settings.routes)
    kinds = {name: one.kind for name, one in settings.channels.root.items()}
    for n, route in enumerate(settings.routes):
        found = _fallback(route, kinds)
        if found is not None:
            wrong, right = found
            yield Problem(("routes", n, "fallback"), wrong, right)


def _fallback(route: Route, kinds: Mapping[str, str]) -> tuple[str, str] | None:
    """Say what is wrong with a fallback, and what would be right; None when nothing is."""
    if route.fallback is None:
        return None
    if not route.steps:
        return "there is no channel that it could stand in for", "name one under steps"
    name, first = route.fallback.channel, route.steps[0]
    primary = first.channels[0]
    if first.unless_told:
        return (
            f"{primary!r} is only told when {first.unless_told!r} is not",
            "leave one of them out",
        )
    if any(name in step.channels for step in route.steps):
        return f"a step tells {name!r} already", "name another channel"
    kind = kinds.get(name)
    if kind is not None and kind == kinds.get(primary):
        wrong = f"{name!r} and {primary!r} are both {kind}, and would fail together"
        return wrong, "name a channel of another kind, or write a step with after and unless_told"
    return None


def _groups(routes: Sequence[Route]) -> Iterator[Problem]:
    """Find groups that could not be told from each other, and channels that would hear twice."""
    grouping = [(n, route) for n, route in enumerate(routes) if route.group_by]
    for at, (n, route) in enumerate(grouping):
        for m, before in grouping[:at]:
            both = [name for name in _channels(route) if name in _channels(before)]
            same = set(before.match) == set(route.match)
            if same and set(before.group_by) == set(route.group_by):
                wrong = f"the same match and group_by as routes[{m}]"
                yield Problem(("routes", n, "group_by"), wrong, "make them one route")
            elif before.continue_ and both:
                wrong = (
                    f"{both[0]!r} would hear of one incident in two groups, here and in routes[{m}]"
                )
                yield Problem(("routes", n, "group_by"), wrong, "name it in one of them")


def _channels(route: Route) -> tuple[str, ...]:
    instead = [route.fallback.channel] if route.fallback else []
    return (*(name for step in route.steps for name in step.channels), *instead)
