"""Who is told of an incident, and on what terms: the endpoint's own word, or the routes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from alerts.grouping import Grouping, key_of
from alerts.terms import Terms
from monitor.app.settings import Settings
from monitor.app.settings.route import Fallback, Route, Step
from monitor.app.wiring import channels_for, concerned_by
from monitor.core.incident import Incident
from monitor.core.labels import labels_of
from monitor.core.matchers import all_hold, matcher
from monitor.core.network import NETWORK


class Told(NamedTuple):
    """Who is told: the channels of an incident's own alert, and the groups that it belongs to.

    `terms` are those of channels that are not told at once and only once.
    """

    channels: tuple[str, ...]
    terms: Mapping[str, Terms]
    groupings: tuple[Grouping, ...] = ()


def told_to(settings: Settings, incident: Incident) -> Told:
    """Say who is told. An endpoint that names its channels is obeyed before any route."""
    own = any(endpoint.alert is not None for endpoint in concerned_by(settings, incident.key))
    taken = () if own else tuple(chosen(settings.routes, labels_of(incident)))
    if not taken:
        channels = channels_for(settings, incident.key)
        remind = settings.remind or 0.0
        return Told(channels, {name: Terms(remind=remind) for name in channels} if remind else {})
    if incident.key == NETWORK:  # nobody can be told of it while it goes on, only its sum after
        taken = tuple(route.model_copy(update={"group_by": []}) for route in taken)
    return by_routes(taken, labels_of(incident))


def chosen(routes: Iterable[Route], labels: Mapping[str, str]) -> Iterable[Route]:
    """Yield the routes that are taken: the first that matches, and what it lets follow."""
    for route in routes:
        if all_hold(map(matcher, route.match), labels):
            yield route
            if not route.continue_:
                return


def by_routes(taken: Iterable[Route], labels: Mapping[str, str]) -> Told:
    """Put routes together. A channel that stands in several is told on the terms of its first.

    One that hears of an incident in a group does not hear of it by itself, too.
    """
    routes = tuple(taken)
    groupings = tuple(_grouping(route, labels) for route in routes if route.group_by)
    grouped = {name for one in groupings for name in one.channels}
    terms = _put_together([route for route in routes if not route.group_by])
    alone = {name: one for name, one in terms.items() if name not in grouped}
    return Told(tuple(alone), {n: one for n, one in alone.items() if one != Terms()}, groupings)


def _put_together(routes: Sequence[Route]) -> dict[str, Terms]:
    """Return the channels of routes, each on the terms of its first step."""
    terms: dict[str, Terms] = {}
    for route in routes:
        for step in route.steps:
            for channel in step.channels:
                terms.setdefault(channel, _terms(route, step))
    for route in routes:
        if route.fallback is not None:
            terms.setdefault(route.fallback.channel, _instead(route, route.fallback))
    return terms


def _grouping(route: Route, labels: Mapping[str, str]) -> Grouping:
    """Return the group of a route that these labels belong to. No step comes before its wait."""
    shared = {name: labels.get(name, "") for name in route.group_by}
    terms = {
        name: replace(one, after=max(one.after, route.group_wait), apart=route.group_interval)
        for name, one in _put_together([route]).items()
    }
    return Grouping(key_of(route.match, shared), shared, tuple(terms), terms)


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
