"""The accounts of many endpoints: what is settled once an hour, the rest each time."""

from dataclasses import dataclass
from datetime import timedelta

from monitor.core.burn import Account, Held, account_of, held_at
from monitor.core.ledger_copy import LedgerCopy
from monitor.core.marks import Bound, Counts, marks_of, moment, present
from monitor.core.objective import Objective

_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class _Settled:
    """The account until a moment before which nothing is rewritten but for a blame."""

    terms: tuple[Objective, float, Counts]
    until: int
    account: Account


class Accounts:
    """Says how objectives are held, from a copy of the ledger. Times are Unix ms."""

    def __init__(self) -> None:
        self._settled: dict[str, _Settled] = {}

    def held(
        self,
        copy: LedgerCopy,
        endpoint: str,
        terms: tuple[Objective, float, Counts],
        end: int,
        again: timedelta,
    ) -> Held:
        """Say how an objective is held at `end`; `terms` are it, `every`, and what throttled is.

        Within `again` before the end everything may have been rewritten.
        """
        objective, every, _ = terms
        unsettled = again // timedelta(milliseconds=1)
        known = self._settled.get(endpoint)
        if known is None or known.terms != terms or not 0 <= end - known.until - unsettled < _HOUR:
            until = end - unsettled
            start = end - round(objective.longest * 1000)
            account = self._account(copy, endpoint, terms, (min(start, until), until), None)
            known = self._settled[endpoint] = _Settled(terms, until, account)
        late = self._account(copy, endpoint, terms, (known.until, end), known.account)
        return held_at(late, objective, every, end)

    @staticmethod
    def _account(
        copy: LedgerCopy,
        endpoint: str,
        terms: tuple[Objective, float, Counts],
        span: tuple[int, int],
        before: Account | None,
    ) -> Account:
        _, every, throttled = terms
        watch = copy.of(endpoint, moment(span[0]))
        there = present(watch.presences, *span)
        marks = marks_of(watch.settled(), there, *span)[Bound.SEEN]
        return account_of(marks, every, throttled, before)
