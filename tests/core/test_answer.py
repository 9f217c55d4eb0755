"""Everything together in one word and one sentence."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.core.answer import overall
from monitor.core.blame import Blame
from monitor.core.health import Health, Status
from monitor.core.incident import Incident, Severity
from monitor.core.outcome import Category
from tests.clock import START


def one(
    key: str, blame: Blame, severity: Severity = Severity.CRITICAL, at: datetime = START
) -> Incident:
    return Incident(
        *(f"id-{key}", key, "chat", "default", "default"),
        opened_at=at,
        revision=1,
        severity=severity,
        health=Health.DOWN,
        category=Category.SERVER_ERROR,
        reason="3 failures in a row",
        blame=blame,
        sentence=f"It is {blame}.",
    )


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Status.OPERATIONAL, "All is well."),
        (Status.MAINTENANCE, "Announced work is under way."),
        (Status.UNKNOWN, "Nothing is known yet."),
        (Status.DEGRADED, "Nothing is confirmed; something is not as it should be."),
    ],
)
def test_without_an_incident_it_is_nobodys(status: Status, sentence: str) -> None:
    assert overall(status, ()) == (None, sentence)


def test_one_incident_speaks_for_itself() -> None:
    found = overall(Status.PARTIAL_OUTAGE, [one("chat", Blame.OMILIA)])
    assert found == (Blame.OMILIA, "chat: It is omilia.")


def test_the_worst_decides_and_the_others_are_counted() -> None:
    incidents = [
        one("app", Blame.APPLICATION, Severity.ERROR),
        one("probe", Blame.CONFIGURATION, Severity.WARNING),
        one("iam", Blame.OMILIA),
        one("probe2", Blame.CONFIGURATION, Severity.WARNING),
    ]
    said = "iam: It is omilia. And 3 more: 1 application, 2 configuration."
    assert overall(Status.PARTIAL_OUTAGE, incidents) == (Blame.OMILIA, said)


def test_others_of_one_kind_are_not_counted_twice() -> None:
    incidents = [one("iam", Blame.OMILIA), one("chat", Blame.LICENCE, Severity.ERROR)]
    assert overall(Status.PARTIAL_OUTAGE, incidents)[1] == "iam: It is omilia. And 1 more: licence."


def test_the_older_of_two_that_are_equally_bad_decides() -> None:
    later = one("later", Blame.OMILIA, at=START + timedelta(seconds=1))
    assert overall(Status.MAJOR_OUTAGE, [later, one("first", Blame.OMILIA)])[1].startswith("first")


def test_what_is_part_of_another_is_not_counted() -> None:
    child = replace(one("chat", Blame.UNCLEAR), parent="id-iam")
    assert (
        overall(Status.MAJOR_OUTAGE, [child, one("iam", Blame.OMILIA)])[1] == "iam: It is omilia."
    )


def test_that_we_are_offline_comes_before_everything() -> None:
    offline = one("network", Blame.NETWORK, Severity.ERROR)
    assert overall(Status.UNKNOWN, [one("iam", Blame.OMILIA), offline])[0] is Blame.NETWORK
