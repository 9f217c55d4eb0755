"""What happens next with an alert that goes on: the next probe, what ends it, who is told next."""

from datetime import datetime, timedelta

from alerts.message import Notification
from alerts.moment import lasted


def coming(notification: Notification) -> str:
    """Say it in a sentence or two, as of when it is sent; "" when nothing is known."""
    parts = (_probe(notification), _ends(notification), _step(notification))
    return " ".join(part for part in parts if part)


def _probe(notification: Notification) -> str:
    """Say when somebody looks again; nothing when that moment has passed: it is old news."""
    facts = notification.alert.facts
    at = facts.get("next_probe_at")
    left = 0.0
    if isinstance(at, str) and at:
        left = (datetime.fromisoformat(at) - notification.now).total_seconds()
    if left <= 0:
        return ""
    breaker = facts.get("breaker")
    closed = not isinstance(breaker, dict) or breaker.get("state") in (None, "closed")
    return f"The next {'probe' if closed else 'trial'} is in {lasted(left)}."


def _ends(notification: Notification) -> str:
    return str(notification.alert.facts.get("next") or "")


def _step(notification: Notification) -> str:
    """Say who is told next, and what would spare them; not who is spared by this very message."""
    alert, now = notification.alert, notification.now
    began = max(alert.started_at, alert.released_at or alert.started_at)
    turns = (
        (began + timedelta(seconds=terms.after), name)
        for name, terms in alert.terms.items()
        if not terms.unless_told or terms.unless_told != notification.to
    )
    ahead = sorted((turn, name) for turn, name in turns if turn > now)
    if not ahead:
        return ""
    turn, name = ahead[0]
    terms = alert.terms_of(name)
    unless = ", unless somebody takes it" if terms.unless_acked else ""
    unless = f", unless {terms.unless_told} took it" if terms.unless_told else unless
    return f"Told next: {name}, in {lasted((turn - now).total_seconds())}{unless}."
