"""Whether an incident may be told follows from the plan and the moment, and from nothing else."""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.app.telling.door import to_alert
from monitor.app.telling.holding import FREE, Hold, hold_of
from monitor.core.endpoint import Endpoint
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity, close
from monitor.core.maintenance import EVERYTHING, Plan, Scope, Window
from monitor.core.outcome import Category
from tests.clock import START
from tests.examples import an_endpoint

A, B = an_endpoint("a"), an_endpoint("b")


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def window(start: float, end: float, scope: Scope = EVERYTHING, name: str = "patch") -> Window:
    return Window(f"{name}-{start}", name, at(start), at(end), scope)


def incident(opened: float) -> Incident:
    return Incident(
        id="A",
        key="a",
        endpoint="a",
        location="here",
        group="g",
        opened_at=at(opened),
        revision=1,
        severity=Severity.CRITICAL,
        health=Health.DOWN,
        category=Category.SERVER_ERROR,
        reason="HTTP 503",
    )


def held(
    opened: float, now: float, *windows: Window, endpoints: tuple[Endpoint, ...] = (A,)
) -> Hold:
    return hold_of(incident(opened), endpoints, Plan(windows), at(now))


def test_it_waits_inside_a_window_and_no_longer_at_its_end() -> None:
    patch = window(0, 60)
    words = "maintenance: patch, until 2026-11-22 19:00 UTC"
    assert [held(5, now, patch).held for now in (5, 59.9, 60)] == [words, words, ""]


def test_it_says_afterwards_what_it_began_in_and_since_when_it_may_be_told() -> None:
    patch = window(0, 60)
    assert held(5, 60, patch) == Hold("", at(60), "it began during maintenance (patch)")
    assert held(-5, 60, patch) == FREE, "it began before"
    assert held(61, 62, patch) == FREE, "it began after"


def test_it_waits_on_when_the_next_window_touches() -> None:
    assert held(5, 60, window(0, 60), window(60, 90)).held.endswith("until 2026-11-22 19:30 UTC")


def test_what_one_sees_who_is_not_in_maintenance_is_told() -> None:
    only_a = window(0, 60, Scope(endpoints=("a",)))
    assert held(5, 10, only_a, endpoints=(A, B)) == FREE
    assert held(5, 10, window(0, 60), endpoints=(A, B)).held


def test_what_is_over_is_not_held() -> None:
    over = close(incident(5), now=at(7), because="answers as expected")
    assert hold_of(over, [A], Plan([window(0, 60)]), at(8)) == FREE


def test_what_nobody_watches_any_more_is_not_held() -> None:
    assert held(5, 10, window(0, 60), endpoints=()) == FREE


def test_the_alert_carries_it_through_the_door() -> None:
    def alert(hold: Hold, one: Incident = incident(5)) -> tuple[str, datetime | None, str]:  # noqa: B008  frozen
        made = to_alert(one, breaker=None, channels=("ops",), public_url="", now=at(61), hold=hold)
        return made.held, made.released_at, made.reason

    released = Hold("", at(60), "it began during maintenance (patch)")
    assert alert(FREE) == ("", None, "HTTP 503")
    assert alert(Hold("maintenance")) == ("maintenance", None, "HTTP 503")
    assert alert(released) == ("", at(60), "HTTP 503; it began during maintenance (patch)")
    over = replace(close(incident(5), now=at(61), because="answers again"))
    assert alert(released, over)[2] == "answers again"
