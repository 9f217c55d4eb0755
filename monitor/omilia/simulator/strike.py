"""What a fault that answers says: its status, its words in the service's own shape, its headers."""

import json
import math
from datetime import datetime, timedelta
from email.utils import format_datetime

from monitor.omilia.simulator.answer import Answer, rendered
from monitor.omilia.simulator.errors import NO_LICENCES, Trouble
from monitor.omilia.simulator.fault import Fault, Kind
from monitor.omilia.simulator.services import Service
from monitor.omilia.simulator.site import app_status

COMES_BACK = 5.0
"""The Retry-After of `unavailable`, in seconds, when nobody says otherwise."""

_STATUS = {
    Kind.THROTTLE: 429,
    Kind.UNAVAILABLE: 503,
    Kind.LICENCES: 403,
    Kind.FORBIDDEN: 403,
    Kind.REJECT_TOKEN: 401,
    Kind.REQUEST_FAILED: 402,
    Kind.EXPIRE: 404,
}


def answer_to(fault: Fault, service: Service, path: str, now: datetime) -> Answer | None:
    """Return what the fault answers; None for one that breaks the connection instead."""
    if fault.do is Kind.WRONG_BODY:
        return rendered(fault.body)
    if fault.do is Kind.APP_STATUS:
        return app_status(fault.state)
    status = fault.status if fault.do is Kind.FAIL else _STATUS.get(fault.do)
    if status is None:
        return None
    detail = NO_LICENCES if fault.do is Kind.LICENCES else fault.detail
    answer = refused(service, Trouble(status, now, path, detail))
    hint = _retry_after(fault, now)
    return answer if hint is None else answer.also({"Retry-After": hint})


def refused(service: Service, trouble: Trouble) -> Answer:
    """Word trouble as the service does; a 401 says which scheme would do (RFC 9110, 11.6.1)."""
    answer = service.word(trouble)
    return answer.also({"WWW-Authenticate": "Bearer"}) if trouble.status == 401 else answer  # noqa: PLR2004  it is its name


def altered(answer: Answer, fault: Fault) -> Answer:
    """Change what is said, where it is said at all: a refusal stays as it is."""
    said = json.loads(answer.body)
    if fault.do is Kind.MUTE and "responses" in said:
        return rendered({**said, "responses": []}, answer.status)
    told = said if "services_status" in said else said.get("meta", {})
    if fault.do is Kind.SERVICES and "services_status" in told:
        told["services_status"] = fault.says
        return rendered(said, answer.status)
    return answer


def not_served(service: Service, path: str, now: datetime) -> Answer:
    """Answer for a path that nobody serves."""
    return service.word(Trouble(404, now, path, lost=True))


def wrong_method(service: Service, path: str, allowed: str, now: datetime) -> Answer:
    """Answer for a method that the path does not take."""
    return service.word(Trouble(405, now, path)).also({"Allow": allowed})


def moved(path: str, query: str) -> Answer:
    """Add the last slash that Orchestrator's paths end with, as Django does."""
    location = f"{path}/?{query}" if query else f"{path}/"
    return Answer(301, b"", {"Content-Type": "text/html; charset=utf-8", "Location": location})


def _retry_after(fault: Fault, now: datetime) -> str | None:
    """Write the Retry-After of a fault: whole seconds, or a date (RFC 9110, 10.2.3)."""
    wait = fault.retry_after
    if wait is None and fault.do is Kind.UNAVAILABLE:
        wait = COMES_BACK
    if wait is None:
        return None
    if fault.retry_after_as == "seconds":
        return str(math.ceil(wait))
    due = now + timedelta(seconds=wait)
    if due.microsecond:
        due = due.replace(microsecond=0) + timedelta(seconds=1)
    return format_datetime(due, usegmt=True)
