"""Budgets: what the configuration costs, and who waits."""

from aiohttp import web

from monitor.core.budget_report import Report
from monitor.web.context import Context
from monitor.web.encoding import answer
from monitor.web.views import View


def budget_view(report: Report) -> View:
    """Show a budget."""
    return {
        "name": report.name,
        "host": report.host,
        "credential": report.credential,
        "requests": report.requests,
        "per": report.per,
        "reserve": report.reserve,
        "endpoints": report.endpoints,
        "asked": round(report.asked, 3),
        "share": round(report.asked / report.requests, 4),
        "used": report.used,
        "waiting": report.waiting,
        "longest_wait": round(report.longest, 3),
        "delayed": report.delayed,
    }


class Budgets:
    """The handler of what is about budgets."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def all(self, request: web.Request) -> web.Response:
        """Answer with every budget."""
        del request
        return answer({"budgets": list(map(budget_view, self._context.budgets()))})
