"""A credential that everybody rejects, and one that a single service rejects."""

from monitor.core.blame import Blame
from monitor.core.credential_use import Use, use_of
from monitor.core.endpoint import Endpoint
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity, Trouble
from monitor.core.incident_book import IncidentBook
from monitor.core.outcome import Category
from monitor.core.standing import Standing, advance
from tests.clock import FakeClock
from tests.examples import CLOSED, an_endpoint, an_outcome

REJECTED, OK = Category.CREDENTIAL, Category.OK


class One:
    """One endpoint and how it stands."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.standing = Standing(endpoint.id)


class Story:
    """Endpoints that share a credential; each thing that is seen comes a minute after the last."""

    def __init__(self, names: str = "abc", credential: str = "pat") -> None:
        self.clock = FakeClock()
        self.book = IncidentBook("default")
        self.all = {name: One(an_endpoint(name, credential=credential)) for name in names}

    def see(self, name: str, *categories: Category, after: float = 60.0) -> list[Incident]:
        changed: list[Incident] = []
        for category in categories:
            one, now = self.all[name], self.clock.advance(after).wall
            outcome = an_outcome(category, endpoint=name, at=now)
            one.standing = advance(one.standing, outcome, CLOSED, one.endpoint)
            changed += self.book.settle(one.standing, one.endpoint, now, self.all.values())
        return changed

    @property
    def open(self) -> dict[str, Severity]:
        return {incident.key: incident.severity for incident in self.book.open_incidents()}


def test_one_who_has_nobody_to_ask_decides_alone() -> None:
    story = Story("a")
    story.see("a", REJECTED, REJECTED)
    assert story.open == {"credential:pat": Severity.ERROR}


def test_a_second_opinion_is_waited_for() -> None:
    story = Story()
    assert story.see("a", REJECTED, REJECTED, after=5) == []
    (opened,) = story.see("b", REJECTED, REJECTED, after=5)
    assert (opened.key, opened.endpoint) == ("credential:pat", "b")
    story.see("c", REJECTED, REJECTED)
    story.see("a", REJECTED)
    assert story.open == {"credential:pat": Severity.ERROR}
    assert story.book.members("credential:pat") == {"a", "b", "c"}


def test_but_not_for_ever() -> None:
    story = Story()
    assert story.see("a", REJECTED, REJECTED) == []
    (opened,) = story.see("a", REJECTED)
    assert opened.key == "credential:pat"


def test_a_service_that_rejects_alone_is_shown_as_such() -> None:
    story = Story("abcd")
    story.see("a", REJECTED)
    for name in "bcd":
        story.see(name, OK)
    (opened,) = story.see("a", REJECTED)
    assert (opened.key, opened.severity) == ("a", Severity.WARNING)
    assert opened.reason.startswith("rejected by a, accepted by 3 others: ")
    assert (opened.category, opened.blame) == (REJECTED, Blame.CREDENTIAL)
    assert "others accept" in opened.sentence
    for name in "bcd":
        story.see(name, OK)
    assert story.see("a", REJECTED) == [], "nothing new about it"
    (closed,) = story.see("a", OK)
    assert not closed.is_open


def test_one_other_is_named() -> None:
    story = Story("ab")
    story.see("a", REJECTED)
    story.see("b", OK)
    (opened,) = story.see("a", REJECTED)
    assert "accepted by b: " in opened.reason


def test_acceptance_from_before_the_rejection_proves_nothing() -> None:
    story = Story()
    for name in "bc":
        story.see(name, OK)
    assert story.see("a", REJECTED, REJECTED) == []


def test_refusals_of_another_kind_are_acceptance_and_silence_is_none() -> None:
    story = Story()
    story.see("a", REJECTED)
    story.see("b", Category.UNREACHABLE, Category.SERVER_ERROR, Category.BLOCKED)
    assert story.see("a", REJECTED) == []
    story.see("c", Category.LICENCE)
    (opened,) = story.see("a", REJECTED)
    assert opened.key == "a"


def test_who_never_looks_at_credentials_is_outvoted() -> None:
    story = Story("abcd")
    for _ in range(3):
        for name in "abc":
            story.see(name, REJECTED)
        story.see("d", OK)
    assert story.open == {"credential:pat": Severity.ERROR}


def test_a_recovery_makes_nobody_a_lonely_rejecter() -> None:
    story = Story()
    for _ in range(2):
        for name in "abc":
            story.see(name, REJECTED)
    changed = story.see("a", OK) + story.see("b", OK) + story.see("c", OK)
    assert [(incident.key, incident.is_open) for incident in changed] == [("credential:pat", False)]


def test_a_lonely_rejecter_is_one_of_all_when_the_rest_follow() -> None:
    story = Story()
    story.see("a", REJECTED)
    story.see("b", OK)
    story.see("c", OK)
    story.see("a", REJECTED)
    assert story.open == {"a": Severity.WARNING}
    story.see("b", REJECTED, REJECTED)
    assert story.open == {"a": Severity.WARNING}, "it does not speak for the rest"
    story.see("c", REJECTED, REJECTED)
    story.see("a", REJECTED)
    assert story.open == {"credential:pat": Severity.ERROR}


def test_who_uses_it_and_what_came_of_it() -> None:
    story = Story()
    story.see("a", OK)
    story.see("b", REJECTED)
    assert use_of("pat", story.all.values()) == Use(("a", "b", "c"), ("a",), ())
    story.see("b", REJECTED)
    assert use_of("pat", story.all.values()).rejected_by == ("b",)
    assert use_of("chat", story.all.values()) == Use()


# ---------------------------------------------------------------- with a notice about the same


def notice(story: Story, trouble: Trouble | None) -> list[Incident]:
    endpoint = story.all["a"].endpoint
    now = story.clock.now()
    return list(story.book.notice("credential:pat", trouble, endpoint, now, "it works"))


PAUSED = Trouble("credential:pat", Health.BLOCKED, Severity.ERROR, REJECTED, "refused")


def test_an_incident_that_was_noticed_and_found_ends_when_both_are_over() -> None:
    for first in ("noticed", "found"):
        story = Story("a")
        if first == "noticed":
            notice(story, PAUSED)
            story.see("a", REJECTED, REJECTED)
            assert story.see("a", OK) == [], "whoever noticed it has not said that it is over"
            (closed,) = notice(story, None)
        else:
            story.see("a", REJECTED, REJECTED)
            (noticed,) = notice(story, PAUSED)
            assert noticed.notice
            (handed_over,) = notice(story, None)
            assert handed_over.is_open
            assert not handed_over.notice
            (closed,) = story.see("a", OK)
        assert not closed.is_open
        assert story.open == {}


def test_a_notice_is_only_ended_by_who_gave_it() -> None:
    story = Story("a")
    story.see("a", REJECTED, REJECTED)
    assert notice(story, None) == []
    assert story.open == {"credential:pat": Severity.ERROR}


def test_what_was_noticed_is_known_to_be_after_a_restart() -> None:
    story = Story("a")
    notice(story, PAUSED)
    saved, story.book = story.book.open_incidents(), IncidentBook("default")
    story.book.restore(saved)
    assert story.book.close_abandoned(story.clock.now()) == ()
    story.see("a", REJECTED, REJECTED)
    assert story.see("a", OK) == []
    (closed,) = notice(story, None)
    assert closed.closed_because == "it works"
