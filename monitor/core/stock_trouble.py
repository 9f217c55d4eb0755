"""When it is worth telling that a credential has nothing to show, and whose fault that is."""

from collections.abc import Iterable, Mapping

from monitor.core import needs
from monitor.core.around import Watched
from monitor.core.blame import REJECTED, Blame, Blamed
from monitor.core.breaker import State
from monitor.core.category import Category, Effect
from monitor.core.credential import Stock, Supply
from monitor.core.health import Health
from monitor.core.incident import Severity, Trouble
from monitor.core.standing import CONFIRMED

_NOT_FOUND = 404
_NO_REALM = Blamed(Blame.CONFIGURATION, "It is us: the token endpoint has no such realm.")
_WRONG = Blamed(Blame.CONFIGURATION, "It is us: the token endpoint refuses how we ask.")
_AWAY = Blamed(Blame.OMILIA, "It is Omilia: its token endpoint gives no tokens.")


def incident_key(name: str) -> str:
    """Name the incident of a credential."""
    return f"credential:{name}"


def stock_trouble(name: str, stock: Stock) -> Trouble | None:
    """Say what is wrong with a credential; what failed once only is worth nobody's sleep."""
    if stock.category is None or stock.category is Category.BLOCKED:
        return None
    away = stock.supply is Supply.UNAVAILABLE and stock.denials >= CONFIRMED
    if not away and stock.supply is not Supply.PAUSED:
        return None
    return Trouble(
        key=incident_key(name),
        health=Health.BLOCKED,
        severity=Severity.ERROR,
        category=stock.category,
        reason=stock.reason,
        http_status=stock.status,
        blamed=_whose(stock),
    )


def _whose(stock: Stock) -> Blamed | None:
    """Say whose fault it is; None where the table of core/blame.py knows better."""
    if stock.category is Category.CREDENTIAL:
        return REJECTED
    if stock.status == _NOT_FOUND:
        return _NO_REALM
    if stock.supply is Supply.PAUSED or stock.category is Category.MISCONFIGURED:
        return _WRONG
    return None if stock.category is Category.UNREACHABLE else _AWAY


def explained(stock: Stock, users: Iterable[Watched], watched: Mapping[str, Watched]) -> bool:
    """Tell whether a token endpoint that is away is, or may yet be, somebody else's incident.

    That of what the users need: IAM itself as a rule, whose own endpoint tells it. While it is
    failing, or has not been asked since, nobody knows yet.
    """
    if stock.supply is not Supply.UNAVAILABLE or stock.since is None:
        return False
    for user in users:
        for need in needs.needed(user.endpoint, watched):
            last = need.standing.last
            down = need.standing.breaker.state is not State.CLOSED
            if down or last is None or last.at < stock.since or last.effect is Effect.FAILURE:
                return True
    return False
