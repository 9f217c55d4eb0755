"""Labels: what routes and silences can ask about an incident."""

from monitor.core.flapping import thing_of
from monitor.core.incident import Incident

LABELS = ("key", "endpoint", "group", "location", "severity", "category", "blame")
"""The labels that an incident has."""


def labels_of(incident: Incident) -> dict[str, str]:
    """Return the labels of an incident, as it is now; what flaps is asked for by its own key."""
    return {
        "key": thing_of(incident.key),
        "endpoint": incident.endpoint,
        "group": incident.group,
        "location": incident.location,
        "severity": str(incident.severity),
        "category": str(incident.category),
        "blame": str(incident.blame),
    }
