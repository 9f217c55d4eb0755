"""Who is told of an incident, and on what terms: the endpoint's own word, or the routes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from alerts.terms import Terms
from monitor.app.settings import Settings
from monitor.app.settings.route import Fallback, Route, Step
from monitor.app.wiring import channels_for, concerned_by
from monitor.core.incident import Incident
from monitor.core.labels import labels_of
from monitor.core.matchers import all_hold, matcher

Told = tuple[tuple[str, ...], Mapping[str, Terms]]
"""The channels, and the terms of those that are not told at once and only once."""


def told_to(settings: Settings, incident: Incident) -> Told:
    """Say who is told. An endpoint that names its channels is obeyed before any route."""
    own = any(endpoint.alert is not None for endpoint in concerned_by(settings, incident.key))
    taken = () if own else tuple(chosen(settings.routes, labels_of(incident)))
    if not taken:
        channels = channels_for(settings, incident.key)
        remind = settings.remind or 0.0
        return channels, {name: Terms(remind=remind) for name in channels} if remind else {}
    return by_routes(taken)


def chosen(routes: Iterable[Route], labels: Mapping[str, str]) -> Iterable[Route]:
    """Yield the routes that are taken: the first that matches, and what it lets follow."""
    for route in routes:
        if all_hold(map(matcher, route.match), labels):
            yield route
            if not route.continue_:
                return


def by_routes(taken: Iterable[Route]) -> Told:
    """Put steps together. A channel that stands in several is told on the terms of its first."""
    terms: dict[str, Terms] = {}
    routes = tuple(taken)
    for route in routes:
        for step in route.steps:
            asked = _terms(route, step)
            for channel in step.channels:
                terms.setdefault(channel, asked)
    for route in routes:
        if route.fallback is not None:
            terms.setdefault(route.fallback.channel, _instead(route, route.fallback))
    return tuple(terms), {name: one for name, one in terms.items() if one != Terms()}


def _terms(route: Route, step: Step) -> Terms:
    return Terms(
        after=step.after,
        unless_acked=step.unless == "acked",
        unless_told=step.unless_told or "",
        remind=route.remind or 0.0,
    )


def _instead(route: Route, fallback: Fallback) -> Terms:
    """Return the terms of a fallback: those of whom it stands in for, and some time later."""
    first = route.steps[0]
    after = first.after + fallback.after
    return replace(_terms(route, first), after=after, unless_told=first.channels[0])
