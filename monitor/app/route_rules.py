"""Rules of routes that no single key can hold: what a fallback may be."""

from collections.abc import Iterator, Mapping

from monitor.app.problems import Problem
from monitor.app.settings import Settings
from monitor.app.settings.route import Route


def check(settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with routes that are well-formed one by one."""
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
