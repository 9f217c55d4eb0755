"""How a credential is, for people: whether it can be shown, how old it is, who accepts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.around import Watched
from monitor.core.credential import Stock, Supply
from monitor.core.credential_use import Use, use_of
from monitor.core.expiry import Life


@dataclass(frozen=True, slots=True)
class Report:
    """One credential. Nothing in it is secret; times are aware UTC, None where nobody knows.

    `ends` is the end that was configured, `token_ends` that of the token in hand.
    """

    name: str
    kind: str
    supply: Supply
    since: datetime | None
    reason: str
    age_days: int | None
    ends: datetime | None
    token_ends: datetime | None
    use: Use


def report(
    name: str,
    kind: str,
    life: Life,
    stock: Stock | None,
    watched: Sequence[Watched],
    *,
    now: datetime,
) -> Report:
    """Report on a credential. One that is carried has no stock: its users tell how it is."""
    use = use_of(name, watched)
    if stock is None:
        stock = _carried(use, watched)
    reason = stock.reason
    if not reason and use.rejected_by:
        reason = f"rejected by {', '.join(use.rejected_by)}"
    return Report(
        name=name,
        kind=kind,
        supply=stock.supply,
        since=stock.since,
        reason=reason,
        age_days=life.age_days(now),
        ends=life.ends,
        token_ends=stock.expires_at,
        use=use,
    )


def _carried(use: Use, watched: Sequence[Watched]) -> Stock:
    """Tell how a carried credential is: paused when all who answered reject it."""
    if use.accepted_by:
        return Stock(Supply.OK)
    if not use.rejected_by:
        return Stock()
    since = [w.standing.since for w in watched if w.endpoint.id in use.rejected_by]
    return Stock(Supply.PAUSED, min((one for one in since if one is not None), default=None))
