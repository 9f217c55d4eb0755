"""Availability as the contract counts it: the answer to how a month was, region by region."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from aiohttp import web

from monitor.core.availability import Contract, Watch
from monitor.core.month import Month
from monitor.ports import StoreUnavailableError
from monitor.web.asked import asked
from monitor.web.context import Context
from monitor.web.contract_views import contract_view
from monitor.web.encoding import answer, encode
from monitor.web.problems import bad_parameter, not_found, store_unavailable


class ContractFigures:
    """The handler of the contract's figures."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def availability(self, request: web.Request) -> web.Response:
        """Answer with one month of every region, or of one."""
        contract, now = self._context.contract(), self._context.clock.now()
        month = _month(request.query, contract, now)
        region = request.query.get("region")
        start, end = month.span(contract.zone)
        try:
            watches = await asked(self._context.history.watches(start, end), self._context.patience)
        except StoreUnavailableError:
            raise store_unavailable() from None
        if region is not None and not _is_known(region, watches):
            raise not_found("region", region)
        body = await asyncio.to_thread(_written, watches, month, contract, now, region)
        return answer(body)


def _month(query: Mapping[str, str], contract: Contract, now: datetime) -> Month:
    text = query.get("month")
    if text is None:
        return Month.of(now, contract.zone)
    try:
        return Month.parse(text)
    except ValueError as error:
        raise bad_parameter("month", str(error)) from None


def _is_known(region: str, watches: Sequence[Watch]) -> bool:
    return any(one.region == region for watch in watches for one in watch.stretches)


def _written(
    watches: Sequence[Watch], month: Month, contract: Contract, now: datetime, region: str | None
) -> bytes:
    return encode(contract_view(watches, month, contract, now, region))
