"""What one channel must be told about one key, from two facts: what stands, what was told."""

from datetime import datetime

from alerts.alert import Alert
from alerts.channels import Channel
from alerts.journal import Journal
from alerts.policy import Due, NotDue, news
from alerts.standing import Standing


def outlook(
    key: str, channel: Channel, standing: Standing, journal: Journal, now: datetime
) -> Due | NotDue:
    """Compare the two facts for a channel and a key."""
    entry = journal.entry(channel.name, key)
    newest = standing.newest(key)
    return news(
        entry,
        newest,
        standing.of(key, entry.incident_id) if entry else None,
        channel=channel.name,
        now=now,
        told=_told_elsewhere(newest, journal) if newest is not None and newest.terms else (),
        level=channel.lifecycle.level,
    )


def _told_elsewhere(alert: Alert, journal: Journal) -> list[str]:
    """Name the channels that know of an alert, of those that others stand in for."""
    asked = {terms.unless_told for terms in alert.terms.values()} - {""}
    known = ((name, journal.entry(name, alert.key)) for name in asked)
    return [n for n, one in known if one and one.incident_id == alert.id and one.told_status]
