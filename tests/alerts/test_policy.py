from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import Alert, Severity, Status
from alerts.attempt import TOLD
from alerts.channel_state import Condition
from alerts.entry import Entry, begun, failed, given_up, told
from alerts.leaving import MOST_IN_FLIGHT, leave
from alerts.moment import ms_of
from alerts.policy import (
    NO_LONGER_KNOWN,
    SUPERSEDED,
    Due,
    NotDue,
    Quiet,
    Why,
    news,
)
from tests.alerts.kit import DENIED, DOWN, LOST, REFUSED, alert, resolved, throttled
from tests.clock import START

A1 = alert("A", 1)
A2 = alert("A", 2)
A2_WORSE = alert("A", 2, severity=Severity.CRITICAL)
A2_BETTER = alert("A", 2, severity=Severity.WARNING)
A1_ELSEWHERE = alert("A", 1, channels=["mail"])
A1_HELD = replace(A1, held="maintenance")
A2_HELD = replace(A2_WORSE, held="maintenance")
A_OVER = resolved(A2)
A_SUM = replace(A_OVER, digest=True)
B1 = alert("B", 1, started_at=START + timedelta(hours=1))
B1_HELD = replace(B1, held="maintenance")
B_OVER = resolved(B1)
NOW = START + timedelta(hours=2)


def tried(one: Alert, before: Entry | None = None) -> Entry:
    """The entry as it is while an attempt is made, and after one whose end is unknown."""
    return begun(before, "ops", one, 0)


def knows(one: Alert) -> Entry:
    return told(tried(one), one, TOLD, 0)


def unwanted(one: Alert, before: Entry | None = None) -> Entry:
    return given_up(tried(one, before), before, one, REFUSED, 0)


TABLE = [
    # entry, newest, how the told one stands, why or why not
    (None, None, None, Quiet.NOTHING_NEW),
    (None, A1, None, Why.FIRST),
    (None, A_OVER, None, Quiet.NEVER_TOLD),
    (None, A_SUM, None, Why.DIGEST),
    (knows(A1), A_SUM, A_SUM, Why.RESOLVED),
    (knows(A_SUM), A_SUM, A_SUM, Quiet.NOTHING_NEW),
    (tried(A_SUM), A_SUM, A_SUM, Why.RESOLVED),
    (unwanted(A_SUM), A_SUM, A_SUM, Quiet.GIVEN_UP),
    (knows(B_OVER), A_SUM, None, Why.DIGEST),
    (None, replace(A_SUM, channels=("mail",)), None, Quiet.NEVER_TOLD),
    (None, A1_ELSEWHERE, None, Quiet.NOT_ADDRESSED),
    (knows(A1), A1, A1, Quiet.NOTHING_NEW),
    (knows(A2), A1, A1, Quiet.NOTHING_NEW),
    (knows(A1), A2, A2, Why.UPDATED),
    (knows(A1), A2_WORSE, A2_WORSE, Why.ESCALATED),
    (knows(A1), A2_BETTER, A2_BETTER, Why.UPDATED),
    (knows(A1), A_OVER, A_OVER, Why.RESOLVED),
    (knows(A_OVER), A_OVER, A_OVER, Quiet.NOTHING_NEW),
    (knows(A_OVER), replace(A_OVER, revision=9), None, Quiet.NOTHING_NEW),
    # an end that is unknown counts as told
    (tried(A1), A1, A1, Why.FIRST),
    (tried(A1), A2, A2, Why.FIRST),
    (tried(A1), A_OVER, A_OVER, Why.RESOLVED),
    (tried(A2, knows(A1)), A2, A2, Why.UPDATED),
    (tried(A_OVER, knows(A1)), A_OVER, A_OVER, Why.RESOLVED),
    (tried(A_OVER, knows(A1)), B1, A_OVER, Why.RESOLVED),
    # an end that is known to be bad does not
    (failed(tried(A1), None, DOWN, wait_ms=0, now_ms=0), A1, A1, Why.FIRST),
    (failed(tried(A1), None, DOWN, wait_ms=0, now_ms=0), A_OVER, A_OVER, Quiet.NEVER_TOLD),
    (failed(tried(A1), None, throttled(9), wait_ms=None, now_ms=0), A_OVER, None, Quiet.NEVER_TOLD),
    (failed(tried(A1), None, DENIED, wait_ms=None, now_ms=0), A_OVER, None, Quiet.NEVER_TOLD),
    # but it cannot make unheard what may have been heard before
    (
        failed(tried(A1, tried(A1)), tried(A1), DOWN, wait_ms=0, now_ms=0),
        A_OVER,
        A_OVER,
        Why.RESOLVED,
    ),
    # another incident on the same key: first the resolve, then the news
    (knows(A1), B1, A1, Why.RESOLVED),
    (knows(A1), B1, None, Why.RESOLVED),
    (knows(A1), B1, A_OVER, Why.RESOLVED),
    (knows(A1), B_OVER, A_OVER, Why.RESOLVED),
    (knows(A_OVER), B1, A_OVER, Why.FIRST),
    (knows(A_OVER), B_OVER, A_OVER, Quiet.NEVER_TOLD),
    (knows(A1), None, None, Why.RESOLVED),
    # the same incident once more
    (knows(A_OVER), alert("A", 4), alert("A", 4), Why.FIRST),
    # refused for good
    (unwanted(A1), A1, A1, Quiet.GIVEN_UP),
    (unwanted(A1), A2, A2, Why.FIRST),
    (unwanted(A1), A_OVER, A_OVER, Quiet.NEVER_TOLD),
    (unwanted(A2, knows(A1)), A2, A2, Quiet.GIVEN_UP),
    (unwanted(A2, knows(A1)), A_OVER, A_OVER, Why.RESOLVED),
    (unwanted(A_OVER, knows(A1)), A_OVER, A_OVER, Quiet.GIVEN_UP),
    (unwanted(A_OVER, knows(A1)), B1, A_OVER, Why.FIRST),
    (unwanted(A1, tried(A1)), A1, A1, Quiet.GIVEN_UP),
    (unwanted(A1, tried(A1)), A_OVER, A_OVER, Why.RESOLVED),
    (unwanted(A_OVER, tried(A1)), B1, A_OVER, Why.FIRST),
    # no longer addressed: no news, but the resolve
    (knows(A1), A1_ELSEWHERE, A1_ELSEWHERE, Quiet.NOT_ADDRESSED),
    (knows(A1), resolved(A1_ELSEWHERE), resolved(A1_ELSEWHERE), Why.RESOLVED),
    # held: no news, but the resolve of what was told
    (None, A1_HELD, None, Quiet.HELD),
    (knows(A1), A1_HELD, A1_HELD, Quiet.NOTHING_NEW),
    (knows(A1), A2_HELD, A2_HELD, Quiet.HELD),
    (tried(A1), A2_HELD, A2_HELD, Quiet.HELD),
    (knows(A1), resolved(A2_HELD), resolved(A2_HELD), Why.RESOLVED),
    (tried(A1), resolved(A2_HELD), resolved(A2_HELD), Why.RESOLVED),
    (None, resolved(A2_HELD), None, Quiet.NEVER_TOLD),
    (knows(A1), B1_HELD, A_OVER, Why.RESOLVED),
    (knows(A_OVER), B1_HELD, A_OVER, Quiet.HELD),
    (unwanted(A1), A1_HELD, A1_HELD, Quiet.GIVEN_UP),
]


@pytest.mark.parametrize(("entry", "newest", "told_of", "expected"), TABLE)
def test_news_is_the_difference_of_what_was_told_and_how_things_stand(
    entry: Entry | None, newest: Alert | None, told_of: Alert | None, expected: Why | Quiet
) -> None:
    found = news(entry, newest, told_of, channel="ops", now=NOW)
    assert found.why is expected
    if isinstance(found, Due) and found.why is Why.RESOLVED:
        assert found.alert.status is Status.RESOLVED
        assert entry is not None
        assert found.alert.id == entry.incident_id
        assert found.alert.ended_at is not None


def resolve_of(entry: Entry, newest: Alert | None, told_of: Alert | None) -> Alert:
    found = news(entry, newest, told_of, channel="ops", now=NOW)
    assert isinstance(found, Due)
    assert found.why is Why.RESOLVED
    return found.alert


def test_a_resolve_carries_how_things_ended() -> None:
    assert resolve_of(knows(A1), A_OVER, A_OVER) is A_OVER


def test_an_incident_that_nobody_knows_any_more_is_resolved_from_the_journal() -> None:
    found = resolve_of(knows(A1), None, None)
    assert (found.revision, found.reason, found.ended_at) == (2, NO_LONGER_KNOWN, NOW)
    assert found.title == A1.title


def test_an_incident_that_another_followed_is_over() -> None:
    assert resolve_of(knows(A1), B1, A1).reason == SUPERSEDED


def test_a_made_up_resolve_keeps_its_id_over_retries() -> None:
    first = resolve_of(knows(A1), None, None)
    again = resolve_of(tried(first, knows(A1)), None, None)
    assert again == first


def test_a_resolve_never_reuses_the_id_of_something_else() -> None:
    """A store that lost its last revision may count it again."""
    reused = replace(resolved(A1), revision=2)
    assert resolve_of(knows(A2), reused, reused).revision == 3
    assert resolve_of(tried(A2, knows(A1)), reused, reused).revision == 3
    bumped = replace(reused, revision=3)
    assert resolve_of(tried(bumped, knows(A2)), reused, reused).revision == 3


def test_a_row_without_its_document_can_still_be_resolved() -> None:
    """Somebody edited the database: that must not keep later incidents from being told."""
    row = replace(knows(A1), alert=None, updated_ms=ms_of(START))
    found = resolve_of(row, B1, None)
    assert (found.id, found.revision, found.key) == ("A", 2, "chat")


@pytest.mark.parametrize(
    ("condition", "lane", "channel", "in_flight", "expected"),
    [
        (Condition.OK, 0.0, 0.0, 0, None),
        (Condition.OK, 0.0, 0.0, MOST_IN_FLIGHT - 1, None),
        (Condition.OK, 0.0, 0.0, MOST_IN_FLIGHT, Quiet.FULL),
        (Condition.OK, 1.0, 0.0, 0, Quiet.NOT_YET),
        (Condition.THROTTLED, 0.0, 5.0, 0, Quiet.CHANNEL_WAITS),
        (Condition.THROTTLED, 0.0, 0.0, 0, None),
        (Condition.UNREACHABLE, 0.0, 0.0, 1, Quiet.PROBING),
        (Condition.UNREACHABLE, 9.0, 0.0, 0, None),
        (Condition.MISCONFIGURED, 0.0, 0.0, 1, Quiet.PROBING),
        (Condition.DISABLED, 0.0, float("inf"), 0, Quiet.DISABLED),
        (Condition.DISABLED, 0.0, 0.0, 0, None),
    ],
)
def test_news_waits_for_a_named_reason(
    condition: Condition, lane: float, channel: float, in_flight: int, expected: Quiet | None
) -> None:
    found = leave(condition, lane_waits=lane, channel_waits=channel, in_flight=in_flight)
    assert found == (None if expected is None else NotDue(expected))


def test_an_unknown_end_is_remembered_as_the_revision_that_may_have_been_heard() -> None:
    lost = failed(tried(A1), None, LOST, wait_ms=1500, now_ms=1000)
    assert (lost.trying_revision, lost.attempts, lost.not_before_ms) == (1, 1, 2500)
    assert lost.heard
    assert lost.last_error == "unknown (timeout): no answer in time"


def test_a_new_incident_starts_a_new_entry() -> None:
    entry = begun(knows(A_OVER), "ops", B1, 7)
    assert (entry.incident_id, entry.told_revision, entry.told_status) == ("B", 0, None)


def test_the_remote_handle_is_kept_until_the_remote_gives_another() -> None:
    first = told(tried(A1), A1, replace(TOLD, remote={"ts": "1"}), 0)
    assert told(tried(A2, first), A2, TOLD, 0).remote == {"ts": "1"}
    assert told(tried(A2, first), A2, replace(TOLD, remote={"ts": "2"}), 0).remote == {"ts": "2"}
