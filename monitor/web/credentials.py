"""Credentials: how each is, and the word that one is worth another try. Never what is secret."""

from aiohttp import web

from monitor.core.credential_report import Report
from monitor.web.context import Context
from monitor.web.encoding import answer, stamp_or_none
from monitor.web.problems import not_found
from monitor.web.views import View


def credential_view(report: Report) -> View:
    """Show a credential."""
    return {
        "name": report.name,
        "kind": report.kind,
        "state": report.supply,
        "since": stamp_or_none(report.since),
        "reason": report.reason,
        "age_days": report.age_days,
        "expires_at": stamp_or_none(report.ends),
        "token_expires_at": stamp_or_none(report.token_ends),
        "used_by": list(report.use.used_by),
        "accepted_by": list(report.use.accepted_by),
        "rejected_by": list(report.use.rejected_by),
    }


class Credentials:
    """Handlers of what is about credentials."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def all(self, request: web.Request) -> web.Response:
        """Answer with every credential."""
        del request
        return answer({"credentials": list(map(credential_view, self._context.credentials()))})

    async def resume(self, request: web.Request) -> web.Response:
        """Have one tried again, and answer how it is."""
        name = request.match_info["name"]
        report = self._context.resume(name)
        if report is None:
            raise not_found("credential", name)
        return answer(credential_view(report))
