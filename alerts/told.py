"""What can be read of an incident's delivery: what was told, and how the telling goes. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.alert import Status
from alerts.entry import Entry
from alerts.moment import at_ms
from alerts.policy import Why
from alerts.telling import Telling


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a channel was told about an incident, and whether more is on its way.

    `status`, `revision` and `why` are what it was told at `at`. `status` is None while it was told
    nothing (then `at` is the last attempt), `why` also when only the journal's row is known.
    `trying` is the revision that is being told now, or whose arrival is uncertain; `attempts` and
    `error` are those of the attempts since. They stand with the last thing that a channel was told.
    """

    channel: str
    status: Status | None
    revision: int
    at: datetime
    why: Why | None
    trying: int | None = None
    attempts: int = 0
    error: str = ""


def told_of(
    tellings: Iterable[Telling], entries: Iterable[Entry], owed: Iterable[Told] = ()
) -> list[Told]:
    """Put together what is known of one incident, ordered by time.

    `tellings` and `entries` are those of this incident; `owed` says which channels are still to
    be told, and is left out where an attempt has been made. A channel's own tellings keep the
    order of their revisions, whatever the wall clock did between them.
    """
    channels: dict[str, list[Told]] = {}
    for telling in sorted(tellings, key=lambda each: each.revision):
        channels.setdefault(telling.channel, []).append(_said(telling))
    for entry in entries:
        known = channels.setdefault(entry.channel, [])
        if not known:
            known.append(_only_the_row(entry))
        known[-1] = replace(
            known[-1],
            trying=entry.trying_revision,
            attempts=entry.attempts,
            error=entry.last_error,
        )
    for waiting in owed:
        channels.setdefault(waiting.channel, [waiting])
    ordered = []
    for name, lines in sorted(channels.items()):
        latest = lines[0].at
        for one in lines:
            latest = max(latest, one.at)
            ordered.append((latest, name, one))
    return [one for *_, one in sorted(ordered, key=lambda each: each[:2])]


def _said(telling: Telling) -> Told:
    """Say what was told for good."""
    at = at_ms(telling.at_ms)
    return Told(telling.channel, telling.status, telling.revision, at, telling.why)


def _only_the_row(entry: Entry) -> Told:
    """Say what the row alone tells: nothing was told yet, or its history is not at hand."""
    return Told(
        entry.channel, entry.told_status, entry.told_revision, at_ms(entry.updated_ms), why=None
    )
