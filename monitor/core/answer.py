"""The answer to "is it us?" for everything together: one word and one sentence."""

from collections import Counter
from collections.abc import Iterable

from monitor.core.blame import Blame
from monitor.core.health import Status
from monitor.core.incident import Incident, Severity

_FIRST = (
    Blame.NETWORK,  # whoever is offline knows nothing of the others
    Blame.OMILIA,
    Blame.CREDENTIAL,
    Blame.LICENCE,
    Blame.APPLICATION,
    Blame.CONFIGURATION,
    Blame.UNCLEAR,
)
_WORST = (Severity.CRITICAL, Severity.ERROR, Severity.WARNING)

_CALM = {
    Status.OPERATIONAL: "All is well.",
    Status.MAINTENANCE: "Announced work is under way.",
    Status.UNKNOWN: "Nothing is known yet.",
}
_UNTOLD = "Nothing is confirmed; something is not as it should be."


def overall(status: Status, incidents: Iterable[Incident]) -> tuple[Blame | None, str]:
    """Say whose fault it is that everything stands as it does; None when nobody's.

    The worst incident decides; that we are offline comes before all others. What is part of
    another is not counted beside it.
    """
    ongoing = [one for one in incidents if not one.parent]
    if not ongoing:
        return None, _CALM.get(status, _UNTOLD)
    worst = min(ongoing, key=_weight)
    return worst.blame, f"{worst.key}: {worst.sentence}{_further(worst, ongoing)}"


def _weight(incident: Incident) -> tuple[bool, int, int, float]:
    offline = incident.blame is Blame.NETWORK
    severity, blame = _WORST.index(incident.severity), _FIRST.index(incident.blame)
    return not offline, severity, blame, incident.opened_at.timestamp()


def _further(worst: Incident, incidents: list[Incident]) -> str:
    """Count the others, by whose fault they are."""
    others = Counter(one.blame for one in incidents if one is not worst)
    if not others:
        return ""
    kinds = [blame for blame in _FIRST if others[blame]]
    counted = kinds[0] if len(kinds) == 1 else ", ".join(f"{others[one]} {one}" for one in kinds)
    return f" And {others.total()} more: {counted}."
