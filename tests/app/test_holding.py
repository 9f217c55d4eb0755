"""Whether an incident may be told follows from the plan and the moment, and from nothing else."""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.app.telling.door import to_alert
from monitor.app.telling.holding import FREE, Hold, hold_of
from monitor.core.endpoint import Endpoint
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity, close
from monitor.core.maintenance import EVERYTHING, NOTHING_PLANNED, Plan, Scope, Window
from monitor.core.matchers import matcher
from monitor.core.outcome import Category
from monitor.core.silence import Silence, expired
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


# ---------------------------------------------------------------- silences


def silence(start: float, end: float, *matchers: str) -> Silence:
    asked = tuple(map(matcher, matchers or ("endpoint=a",)))
    return Silence(f"s-{start}", asked, at(start), at(end), "ana", "new disks")


def silenced(opened: float, now: float, *silences: Silence, plan: Plan = NOTHING_PLANNED) -> Hold:
    return hold_of(incident(opened), (A,), plan, at(now), silences=silences)


def test_it_waits_while_it_is_silenced_and_is_told_afterwards_what_it_began_in() -> None:
    one = silence(0, 60)
    words = "silenced by ana until 2026-11-22 19:00 UTC: new disks"
    assert [silenced(5, now, one).held for now in (5, 59.9, 60)] == [words, words, ""]
    assert silenced(5, 60, one) == Hold("", at(60), "it began during a silence (ana: new disks)")
    assert silenced(-5, 60, one) == Hold("", at(60)), "it began before, and waited all the same"
    assert silenced(61, 62, one) == FREE


def test_a_silence_that_is_ended_early_releases_then() -> None:
    over = expired(silence(0, 60), at(30), "bo")
    began = "it began during a silence (ana: new disks)"
    assert silenced(5, 40, over) == Hold("", at(30), began)


def test_what_does_not_match_or_grew_too_bad_is_not_silenced() -> None:
    assert silenced(5, 10, silence(0, 60, "endpoint=b")) == FREE
    mild = silence(0, 60, "severity=warning")
    assert silenced(5, 10, mild) == FREE
    warning = replace(incident(5), severity=Severity.WARNING)
    assert hold_of(warning, (A,), NOTHING_PLANNED, at(10), silences=[mild]).held


def test_what_is_over_is_never_silenced() -> None:
    over = close(incident(5), now=at(7), because="answers as expected")
    assert hold_of(over, (A,), NOTHING_PLANNED, at(8), silences=[silence(0, 60)]) == FREE


def test_a_window_and_a_silence_hold_until_the_later_ends() -> None:
    plan, one = Plan([window(0, 30)]), silence(20, 60)
    held = [silenced(5, now, one, plan=plan).held.partition(" ")[0] for now in (10, 25, 40, 60)]
    assert held == ["maintenance:", "maintenance:", "silenced", ""]
    assert silenced(5, 60, one, plan=plan) == Hold(
        "", at(60), "it began during maintenance (patch)"
    )
    assert silenced(5, 61, silence(0, 20), plan=plan) == Hold(
        "",
        at(30),
        "it began during maintenance (patch); it began during a silence (ana: new disks)",
    )
