"""One line of the journal: what one channel was told about one thing. Values and their moves.

begun     an attempt is about to be made; from now on it may have been told
told      it knows
failed    it does not know, or we cannot know; try again, not before ...
given_up  it does not want to know this revision
dropped   somebody said that it need not know this revision
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from alerts.alert import Alert, Severity, Status
from alerts.attempt import Attempt, Result

Lane = tuple[str, str]
"""A channel's name and an alert's key: there is one send at a time per lane."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a channel was told about one alert key.

    It holds one incident, the last one it was told of. `trying_revision` is set while an attempt
    is made to tell something new, and stays when its end is unknown. `alert` is the alert as it was
    last told or tried, `told_severity` the severity it was last told with, `told_as` the alert as
    it was then, `reminded` how often it was repeated since, and `told_ms` when it was last told,
    repeated, or refused as a repetition. Times are wall clock, milliseconds since 1970.
    """

    channel: str
    key: str
    incident_id: str
    told_revision: int = 0
    told_status: Status | None = None
    told_severity: Severity | None = None
    told_ms: int | None = None
    reminded: int = 0
    told_as: Alert | None = None
    trying_revision: int | None = None
    attempts: int = 0
    not_before_ms: int | None = None
    remote: Mapping[str, Any] | None = None
    last_error: str = ""
    updated_ms: int = 0
    alert: Alert | None = None

    @property
    def lane(self) -> Lane:
        """The row's key."""
        return (self.channel, self.key)

    @property
    def incident_ids(self) -> frozenset[str]:
        """The incidents that it is about: those of a group, or the one."""
        members = self.alert.members if self.alert else ()
        return frozenset({self.incident_id, *(one.id for one in members)})

    @property
    def given_up(self) -> bool:
        """Whether the revision that was last tried is one that the receiver does not want.

        A repetition that failed is of a revision that it took.
        """
        tried = self.alert.revision if self.alert else 0
        taken = self.told_as.revision if self.told_as else 0
        return bool(self.last_error) and taken != self.told_revision == tried

    @property
    def heard(self) -> bool:
        """Whether the receiver believes, or may believe, that the incident goes on."""
        if self.given_up and self.alert and self.alert.status is Status.RESOLVED:
            return False
        return self.told_status is Status.FIRING or self.trying_revision is not None


def begun(known: Entry | None, channel: str, alert: Alert, now_ms: int) -> Entry:
    """Return the entry to be durable before an attempt is made."""
    if known is None or known.incident_id != alert.id:
        known = Entry(channel, alert.key, alert.id)
    news: int | None = alert.revision
    if (alert.revision, alert.status) == (known.told_revision, known.told_status):
        news = None  # it is repeated: whatever comes of that, it was told
    elif known.told_status is Status.RESOLVED:
        known = replace(known, told_status=None)  # the same incident again: a new story begins
    return replace(known, trying_revision=news, not_before_ms=None, updated_ms=now_ms, alert=alert)


def told(trying: Entry, alert: Alert, attempt: Attempt, now_ms: int, reminded: int = 0) -> Entry:
    """Return the entry after the receiver took it; `reminded` is the reminder's number, or 0."""
    return replace(
        trying,
        told_revision=alert.revision,
        told_status=alert.status,
        told_severity=alert.severity,
        told_ms=now_ms,
        reminded=reminded,
        told_as=alert,
        trying_revision=None,
        attempts=0,
        remote=trying.remote if attempt.remote is None else attempt.remote,
        last_error="",
        updated_ms=now_ms,
    )


def failed(
    trying: Entry, before: Entry | None, attempt: Attempt, *, wait_ms: int | None, now_ms: int
) -> Entry:
    """Return the entry after an attempt that did not tell it.

    An attempt that surely failed leaves behind what was so before: what may have been heard in an
    earlier attempt may still have been heard. `wait_ms` is None when only the channel waits.
    """
    return replace(
        trying,
        trying_revision=_maybe_told(trying, before, attempt),
        attempts=trying.attempts + (wait_ms is not None),
        not_before_ms=None if wait_ms is None else now_ms + wait_ms,
        last_error=attempt.error,
        updated_ms=now_ms,
    )


def given_up(
    trying: Entry,
    before: Entry | None,
    alert: Alert,
    attempt: Attempt,
    now_ms: int,
    *,
    reminded: int = 0,
) -> Entry:
    """Return the entry after a message was refused for good: this revision is not tried again.

    Of repetitions, only the one with the number `reminded` is given up.
    """
    over = alert.status is Status.RESOLVED
    if reminded:
        trying = replace(trying, reminded=reminded, told_ms=now_ms)
    return replace(
        trying,
        told_revision=alert.revision,
        trying_revision=None if over else _maybe_told(trying, before, attempt),
        attempts=trying.attempts + 1,
        last_error=attempt.error,
        updated_ms=now_ms,
    )


def dropped(
    known: Entry | None, channel: str, alert: Alert, by: str, now_ms: int, *, reminded: int = 0
) -> Entry:
    """Return the entry after somebody said that a channel need not hear this: as if it refused it.

    What was told stays told. What may have been told may still have been: then its end is owed.
    """
    refused = Attempt(Result.REFUSED)
    trying = begun(known, channel, alert, now_ms)
    after = given_up(trying, known, alert, refused, now_ms, reminded=reminded)
    return replace(after, attempts=trying.attempts, last_error=f"dropped by {by}")


def _maybe_told(trying: Entry, before: Entry | None, attempt: Attempt) -> int | None:
    """Return the revision that may have been heard, None when surely none was."""
    if attempt.result is Result.UNKNOWN:
        return trying.trying_revision
    same = before is not None and before.incident_id == trying.incident_id
    return before.trying_revision if before is not None and same else None
