"""The words of a notification, worth waking for: the same for every channel that speaks to people.

A channel takes what fits: the title and `short` on a phone, every line in a mail. Nothing here is
escaped: each channel does that for its own format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.alert import Alert, Severity, Status
from alerts.coming import coming
from alerts.message import LATE, Notification
from alerts.moment import lasted, moment
from alerts.policy import Why

_MARKS = {
    Severity.CRITICAL: "CRITICAL",
    Severity.ERROR: "ERROR",
    Severity.WARNING: "WARNING",
    Severity.INFO: "INFO",
}
_NAMED = 8
"""So many names of others are said."""
_LONGEST = 600
"""Characters of one line."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said. `lines` are (label, text), the most important first.

    `title` is one line that stands alone; `short` one or two sentences beside it; `link` leads to
    the incident, "" when there is none. `body` stands in the place of the lines where a template
    made it; `failed` says what became of a template that failed, "" when none did.
    """

    title: str
    short: str
    lines: tuple[tuple[str, str], ...]
    link: str
    body: str | None = None
    failed: str = ""

    @property
    def text(self) -> str:
        """The body as plain text: the template's, or the lines."""
        lines = "\n".join(f"{label}: {text}" for label, text in self.lines)
        return lines if self.body is None else self.body

    @property
    def details(self) -> dict[str, str]:
        """The lines for a system that shows them as a table; nothing where a body replaces them."""
        return dict(self.lines) if self.body is None else {}


def words(notification: Notification) -> Words:
    """Return the words of a notification: those that were found for it, or the built-in ones."""
    return notification.said or built_in(notification)


def built_in(notification: Notification) -> Words:
    """Find our own words for a notification, as things stand when it is sent."""
    alert = notification.alert
    over = alert.status is Status.RESOLVED
    said = _over(notification) if over else _going_on(notification)
    links = alert.facts.get("links")
    link = str(links.get("incident", "")) if isinstance(links, dict) else ""
    lines = tuple((label, _cut(text)) for label, text in said if text)
    return Words(_title(notification), _short(notification), lines, link)


def _title(notification: Notification) -> str:
    alert = notification.alert
    if alert.status is Status.RESOLVED:
        return _cut(alert.title, 200)
    again = ""
    if notification.why is Why.REMINDER:
        length = lasted(notification.duration)
        again = f" (still, after {length}; reminder {notification.number})"
    return _cut(f"{_MARKS[alert.severity]}: {alert.title}{again}", 200)


def _short(notification: Notification) -> str:
    alert = notification.alert
    if alert.status is Status.RESOLVED:
        return _cut(f"It lasted {lasted(notification.duration)}. {_sentence(alert.reason)}")
    because, sentence = _because(alert), _text(alert.facts.get("sentence"))
    since = f"Since {moment(alert.started_at)}."
    told = sentence if sentence and because != alert.reason else ""
    parts = (_changed(notification), told, _sentence(because), since)
    return _cut(" ".join(part for part in parts if part))


def _going_on(notification: Notification) -> list[tuple[str, str]]:
    alert, now = notification.alert, notification.now
    facts = alert.facts
    return [
        ("Changed", _changed(notification)),
        *_members(facts),
        ("Whose fault", _text(facts.get("sentence"))),
        ("Seen", _seen(alert)),
        ("Because", "" if facts.get("members") else _because(alert)),
        ("Since", f"{moment(alert.started_at)}, {lasted(notification.duration)} ago"),
        ("Blocks", _blocks(facts.get("blocks"))),
        ("Last good", _when(facts.get("last_good_at"))),
        ("Evidence", _text(facts.get("evidence"))),
        ("Breaker", _breaker(facts.get("breaker"))),
        ("Next", coming(notification)),
        ("Runbook", _text(facts.get("runbook"))),
        ("Taken by", f"{alert.acked_by}, until {moment(alert.acked_until)}")
        if alert.acked_until is not None and alert.is_acked(now)
        else ("Taken by", ""),
        *_about(notification),
    ]


def _over(notification: Notification) -> list[tuple[str, str]]:
    alert = notification.alert
    ended = alert.ended_at or alert.updated_at
    return [
        ("Because", "" if alert.facts.get("members") else alert.reason),
        *_members(alert.facts),
        ("Lasted", lasted(notification.duration)),
        ("From", moment(alert.started_at)),
        ("To", moment(ended)),
        ("It was", _text(alert.facts.get("sentence"))),
        ("Evidence", _text(alert.facts.get("evidence"))),
        *_about(notification),
    ]


def _about(notification: Notification) -> list[tuple[str, str]]:
    """Say what it is about, and why and how late it is said."""
    alert = notification.alert
    return [
        ("Endpoint", _text(alert.facts.get("endpoint"))),
        ("Group", _text(alert.facts.get("group"))),
        ("Location", _text(alert.facts.get("location"))),
        ("Kind", _kind(alert.facts)),
        ("Told as", _told_as(notification)),
        ("Told late", f"by {lasted(notification.age)}" if notification.age > LATE else ""),
        ("Incident", alert.id),
    ]


def _because(alert: Alert) -> str:
    """Give the reason without the sentence that stands above it."""
    sentence = _text(alert.facts.get("sentence"))
    left = alert.reason.removeprefix(sentence).strip() if sentence else alert.reason
    return left or alert.reason


def _seen(alert: Alert) -> str:
    """Say what was seen last, where the reason does not say it anyway."""
    detail = _text(alert.facts.get("detail"))
    return "" if detail and detail in alert.reason else detail


def _kind(facts: Mapping[str, Any]) -> str:
    """Name what it is for who searches: our category, and the HTTP status."""
    status = facts.get("http_status")
    category = _text(facts.get("category")).replace("_", " ")
    return f"{category}, HTTP {status}" if category and status else ""


_TOLD_AS = {
    Why.FIRST: "new",
    Why.FLAPPING: "flapping",
    Why.ESCALATED: "grown worse",
    Why.UPDATED: "changed",
    Why.RESENT: "still going on",
    Why.RESOLVED: "over",
}


def _told_as(notification: Notification) -> str:
    if notification.why is Why.DIGEST:
        over = notification.alert.status is Status.RESOLVED
        return "over, and not told before" if over else "what happened so far, in sum"
    return _TOLD_AS.get(notification.why, f"reminder {notification.number}")


def _members(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say of each incident of a group how it stands, one line for each of the first."""
    members, more, shared = (facts.get(one) for one in ("members", "more_members", "sentence"))
    if not isinstance(members, list) or not members:
        return []
    rest = len(members[_NAMED:]) + (more if isinstance(more, int) else 0)
    first = enumerate(members[:_NAMED], start=1)
    lines = [(f"Member {n}", _member(one, _text(shared))) for n, one in first]
    return [*lines, ("And", f"{rest} more")] if rest else lines


def _member(one: Mapping[str, Any], shared: str) -> str:
    """Say how one stands; what all share stands in a line of its own."""
    began, ended = _when(one.get("started_at")), _when(one.get("ended_at"))
    taken = f"taken by {one['acked_by']}" if one.get("acked_by") else ""
    going_on = (_text(one.get("title")), f"since {began}", taken)
    said = (f"{_text(one.get('name'))} is over", f"{began} to {ended}") if ended else going_on
    own = _text(one.get("sentence"))
    first = f"{', '.join(filter(None, said))}."
    return " ".join(filter(None, (first, own if own != shared else "", _text(one.get("link")))))


def _joined_and_left(before: Alert, alert: Alert) -> list[str]:
    """Say what is new about the members of a group."""
    was, now = ({one.id: one for one in each.members} for each in (before, alert))
    over = [i for i, one in now.items() if one.status is Status.RESOLVED and was.get(i) != one]
    joined = [i for i in now if i not in was and i not in over]
    news = [i for i in now if i in was and was[i] != now[i] and i not in over]
    left = [i for i, one in was.items() if i not in now and one.status is Status.FIRING]
    named = {i: one.name for i, one in (was | now).items()}
    said = {"also": joined, "over:": over, "news of": news, "told otherwise:": left}
    return [f"{what} {counted([named[i] for i in ids])}" for what, ids in said.items() if ids]


def _changed(notification: Notification) -> str:
    """Say what is new since this channel was last told; "" when it has not heard of it before."""
    before, alert = notification.before, notification.alert
    repeated = notification.why.begins or notification.why is Why.REMINDER
    if before is None or before.id != alert.id or repeated:
        return ""
    changes = []
    if before.severity is not alert.severity:
        changes.append(f"was {before.severity}, is now {alert.severity}")
    changes += _joined_and_left(before, alert)
    if before.title != alert.title and not alert.members:
        changes.append(f'was "{before.title}"')
    if alert.acked_by and alert.acked_by != before.acked_by:
        changes.append(f"{alert.acked_by} has taken it")
    if before.acked_by and not alert.acked_by:
        changes.append(f"{before.acked_by} has it no longer")
    return _sentence("; ".join(changes))


def _when(text: Any) -> str:
    """Write a moment of a message for people; nothing when there is none."""
    return moment(datetime.fromisoformat(text)) if isinstance(text, str) and text else ""


def _blocks(blocked: Any) -> str:
    """Name what waits for this; the first of many."""
    if not isinstance(blocked, list) or not blocked:
        return ""
    return f"{len(blocked)} that need it are not asked: {counted(list(map(str, blocked)))}"


def counted(named: Sequence[str], between: str = ", ") -> str:
    """Name the first of many, and count the rest."""
    more = len(named) - _NAMED
    said = between.join(named[:_NAMED])
    return f"{said} and {more} more" if more > 0 else said


def _breaker(breaker: Any) -> str:
    """Say how the breaker is; when it looks again stands under "Next"."""
    if not isinstance(breaker, dict) or not breaker.get("state"):
        return ""
    trips = breaker.get("trips")
    often = f", tripped {trips} times" if isinstance(trips, int) and trips > 1 else ""
    return f"{str(breaker['state']).replace('_', '-')}{often}"


def _sentence(text: str) -> str:
    """Begin with a capital and end with a point."""
    text = text.strip()
    if not text:
        return ""
    ended = text if text[-1] in ".!?…" else f"{text}."
    return ended[0].upper() + ended[1:]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def colour_of(alert: Alert) -> str:
    """Return the colour of an alert, `#rrggbb`: how bad it is, green when it is over."""
    if alert.status is Status.RESOLVED:
        return "#2eb67d"
    return {
        Severity.CRITICAL: "#a30200",
        Severity.ERROR: "#d9480f",
        Severity.WARNING: "#e0a800",
        Severity.INFO: "#5b7083",
    }[alert.severity]
