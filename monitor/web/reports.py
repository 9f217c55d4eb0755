"""Reports of real traffic: taken whole, or refused with every line that cannot be used."""

from collections.abc import Iterator, Sequence

from aiohttp import web

from monitor.core.reports import Report, complaint
from monitor.web.access import CALLER
from monitor.web.body import read_body
from monitor.web.context import Context
from monitor.web.encoding import answer
from monitor.web.models.report import ReportsModel
from monitor.web.problems import Problem

_JOINTS = "-./:@_"
"""What may stand between a token's name and the rest of a reporter's."""


class Reports:
    """The handler of what services report."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def take(self, request: web.Request) -> web.Response:
        """Take a batch. What moves because of it has moved when this is answered."""
        said = await read_body(request, ReportsModel)
        token, now = request[CALLER], self._context.clock.now()
        if not is_of(said.reporter, token):
            detail = f"The token of {token} reports as {token!r}, or as {token + '/...'!r}."
            raise Problem(403, "not-your-name", detail)
        reports = [
            Report(
                line.endpoint,
                now if line.at is None else line.at.astimezone(now.tzinfo),
                line.count,
                line.category,
                line.status,
                line.latency,
            )
            for line in said.reports
        ]
        wrong = list(self._complaints(reports))
        if wrong:
            count = len(wrong)
            detail = f"{count} line{'s' * (count != 1)} cannot be used; nothing was counted."
            raise Problem(422, "bad-body", detail, errors=wrong)
        await self._context.reported(token, said.reporter, reports)
        calls = sum(report.count for report in reports)
        return answer({"lines": len(reports), "calls": calls})

    def _complaints(self, reports: Sequence[Report]) -> Iterator[dict[str, str]]:
        board, now = self._context.board, self._context.clock.now()
        for number, report in enumerate(reports):
            entry = board.entry(report.endpoint)
            found = complaint(report, None if entry is None else entry.endpoint, now)
            if found is not None:
                key, detail = found
                yield {"pointer": f"#/reports/{number}/{key}", "detail": detail}


def is_of(reporter: str, token: str) -> bool:
    """Tell whether a reporter may speak with a token: by its name, or one that begins with it."""
    rest = reporter.removeprefix(token)
    return reporter == token or (rest != reporter and rest[0] in _JOINTS)
