"""What PagerDuty knows of who has acknowledged an alert: its REST API v2, read only."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from alerts.channels.asking import heard
from alerts.channels.post import Posted, Poster
from alerts.moment import Clock
from alerts.taken import Asked, Heard, Taken


class PagerDutyEar:
    """Asks for the incident of each `dedup_key`; `timeout` is in seconds, for one question.

    The API has no question about several keys: an incident that consists of alerts says no key.
    """

    def __init__(
        self, url: str | SecretStr, token: SecretStr, clock: Clock, timeout: float
    ) -> None:
        secret = token.get_secret_value()
        self._url = (url.get_secret_value() if isinstance(url, SecretStr) else url).rstrip("/")
        self._poster = Poster(self._url, clock, timeout=timeout, secrets=[secret])
        self._headers = {
            "Authorization": f"Token token={secret}",
            "Accept": "application/vnd.pagerduty+json;version=2",
        }

    async def taken(self, asked: Sequence[Asked]) -> Heard:
        """Ask about alerts, one after the other."""
        return await heard(asked, self._ask, taken)

    async def close(self) -> None:
        """Close the session."""
        await self._poster.close()

    async def _ask(self, one: Asked) -> Posted:
        query = [
            ("incident_key", one.remote.get("dedup_key") or one.incident_id),
            ("statuses[]", "triggered"),
            ("statuses[]", "acknowledged"),
            ("date_range", "all"),
        ]
        url = f"{self._url}/incidents?{urlencode(query)}"
        return await self._poster.post(url, None, self._headers, read=True, method="GET")


def taken(answer: Any) -> Taken | None:
    """Read a list of incidents: the newest acknowledgement by a person, None without one.

    Acknowledgements by a service are our own, passed on.
    """
    people = [
        (str(ack["at"]), str(one["id"]), ack["acknowledger"])
        for one in answer["incidents"]
        if one["status"] == "acknowledged"
        for ack in one.get("acknowledgements") or ()
        if not str(ack["acknowledger"].get("type", "")).startswith("service")
    ]
    if not people:
        return None
    at, incident, who = max(people, key=lambda one: one[:2])
    return Taken(f"{who.get('summary') or 'somebody'} (PagerDuty)", f"{incident}@{at}")
