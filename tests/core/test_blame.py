"""Whose fault: every row of the table, and the evidence that it is read from."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from monitor.core.around import look_around
from monitor.core.blame import Around, Blame, Seen, blamed
from monitor.core.breaker import Snapshot
from monitor.core.endpoint import Endpoint
from monitor.core.exchange import Fault
from monitor.core.outcome import About, Category, Outcome
from monitor.core.standing import Standing
from tests.clock import START
from tests.examples import CLOSED, OPEN, an_endpoint, an_outcome

NOTHING = Around()
APP = About.APPLICATION

FIXED = [
    (Seen(Category.SERVER_ERROR, 503), Blame.OMILIA),
    (Seen(Category.THROTTLED, 503), Blame.OMILIA),
    (Seen(Category.THROTTLED, 429), Blame.UNCLEAR),
    (Seen(Category.SLOW, 200), Blame.OMILIA),
    (Seen(Category.UNEXPECTED, 200), Blame.OMILIA),
    (Seen(Category.UNEXPECTED, 200, about=APP), Blame.OMILIA),
    (Seen(Category.UNEXPECTED, 200, about=APP, application=True), Blame.APPLICATION),
    (Seen(Category.REQUEST_FAILED, 402), Blame.UNCLEAR),
    (Seen(Category.CREDENTIAL, 401), Blame.CREDENTIAL),
    (Seen(Category.CREDENTIAL, 401, about=APP), Blame.CREDENTIAL),
    (Seen(Category.LICENCE, 403), Blame.LICENCE),
    (Seen(Category.PERMISSION, 403), Blame.CONFIGURATION),
    (Seen(Category.MISCONFIGURED, 404), Blame.CONFIGURATION),
    (Seen(Category.UNREACHABLE, fault=Fault.TOO_LARGE), Blame.CONFIGURATION),
    (Seen(Category.UNREACHABLE, fault=Fault.REDIRECTS), Blame.CONFIGURATION),
    (Seen(Category.OK), Blame.UNCLEAR),
    (Seen(Category.BLOCKED), Blame.UNCLEAR),
]


@pytest.mark.parametrize(("seen", "blame"), FIXED)
def test_what_needs_no_look_around(seen: Seen, blame: Blame) -> None:
    assert blamed(seen, NOTHING).blame is blame


def test_an_answer_is_evidence_about_omilia_even_when_we_may_be_offline() -> None:
    seen = Seen(Category.SERVER_ERROR, 503)
    assert blamed(seen, Around(online=False)).blame is Blame.OMILIA


@pytest.mark.parametrize("fault", [Fault.DNS, Fault.CONNECT, Fault.TIMEOUT, Fault.TLS, None])
@pytest.mark.parametrize(
    ("around", "blame"),
    [
        (Around(online=False, others=True), Blame.NETWORK),
        (Around(online=True, others=False), Blame.OMILIA),
        (Around(others=True), Blame.OMILIA),
        (Around(others=False), Blame.UNCLEAR),
        (NOTHING, Blame.UNCLEAR),
    ],
)
def test_silence_is_omilias_only_when_our_network_works(
    fault: Fault | None, around: Around, blame: Blame
) -> None:
    assert blamed(Seen(Category.UNREACHABLE, fault=fault), around).blame is blame


@pytest.mark.parametrize("category", [Category.SERVER_ERROR, Category.SLOW, Category.UNREACHABLE])
@pytest.mark.parametrize(
    ("platform", "blame"),
    [(True, Blame.APPLICATION), (False, Blame.OMILIA), (None, Blame.UNCLEAR)],
)
def test_an_application_that_fails_alone_is_its_owners(
    category: Category, platform: bool | None, blame: Blame
) -> None:
    seen = Seen(category, about=APP)
    assert blamed(seen, Around(platform=platform)).blame is blame


def test_an_application_cannot_be_blamed_for_our_own_network() -> None:
    seen = Seen(Category.UNREACHABLE, about=APP)
    assert blamed(seen, Around(online=False, platform=True)).blame is Blame.NETWORK


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("about", About)
def test_every_answer_is_one_sentence_that_is_read_in_ten_seconds(
    category: Category, about: About
) -> None:
    tens = (True, False, None)
    for around in [Around(a, b, c) for a in tens for b in tens for c in tens]:
        said = blamed(Seen(category, 503, about=about), around)
        words = {Blame.OMILIA: "It is Omilia", Blame.UNCLEAR: "Not clear"}
        ours = "It is our application" if said.blame is Blame.APPLICATION else "It is us"
        assert said.sentence.startswith(words.get(said.blame, ours))
        assert len(said.sentence) <= 100


# ---------------------------------------------------------------- looking around


@dataclass(frozen=True)
class Other:
    endpoint: Endpoint
    standing: Standing


def other(
    category: Category,
    *,
    name: str = "other",
    breaker: Snapshot = CLOSED,
    about: About = About.PLATFORM,
    ago: float = 0,
    fault: Fault | None = None,
) -> Other:
    at = START - timedelta(seconds=ago)
    last: Outcome = replace(an_outcome(category, endpoint=name, at=at), fault=fault)
    endpoint = replace(an_endpoint(name), about=about)
    return Other(endpoint, Standing(name, breaker, last=last))


SILENT = other(Category.UNREACHABLE, fault=Fault.CONNECT)


@pytest.mark.parametrize(
    ("others", "answers", "works"),
    [
        ([], None, None),
        ([other(Category.OK)], True, True),
        ([other(Category.OK, ago=1)], None, None),  # too old to say anything
        ([other(Category.OK, name="chat")], None, None),  # the one that is in trouble
        ([other(Category.CREDENTIAL)], True, None),  # a refusal is an answer
        ([other(Category.BLOCKED)], None, None),  # nothing was asked
        ([SILENT], False, False),
        ([SILENT, other(Category.OK)], True, False),
        ([other(Category.SERVER_ERROR)], True, False),
        ([other(Category.OK, breaker=OPEN)], True, False),
        ([other(Category.OK, about=APP)], True, None),
        ([other(Category.SERVER_ERROR, about=APP), other(Category.OK)], True, True),
        ([Other(an_endpoint("new"), Standing("new"))], None, None),
    ],
)
def test_what_is_seen_around_a_trouble(
    others: list[Other], answers: bool | None, works: bool | None
) -> None:
    around = look_around(an_endpoint("chat"), START, others, online=None)
    assert (around.others, around.platform) == (answers, works)


@pytest.mark.parametrize("online", [True, False, None])
def test_the_witnesses_word_is_handed_on(online: bool | None) -> None:
    assert look_around(an_endpoint(), START, (), online=online).online is online
