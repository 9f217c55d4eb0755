"""What stays the same about an alert while it goes on: for systems that know it by its labels."""

from collections.abc import Iterable

from alerts.alert import Alert


def steady(alert: Alert, names: Iterable[str]) -> dict[str, str]:
    """Return the labels of these names that an alert keeps; of a group's, those it groups by.

    What else its members have in common changes as they come and go.
    """
    shared = alert.facts.get("group_labels")
    if isinstance(shared, dict):
        return {str(name): str(value) for name, value in shared.items()}
    return {name: str(alert.facts[name]) for name in names if alert.facts.get(name)}
