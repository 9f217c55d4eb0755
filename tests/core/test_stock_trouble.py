"""When it is worth telling that a credential has nothing to show."""

from datetime import timedelta

import pytest

from monitor.core.blame import Blame
from monitor.core.breaker import Snapshot, State
from monitor.core.category import Category
from monitor.core.credential import Stock, Supply
from monitor.core.credential_report import report
from monitor.core.endpoint import Endpoint
from monitor.core.expiry import Life
from monitor.core.incident import Severity
from monitor.core.standing import Standing, advance
from monitor.core.stock_trouble import explained, stock_trouble
from tests.clock import START
from tests.examples import CLOSED, OPEN, an_endpoint, an_outcome

MINUTE = timedelta(minutes=1)


def away(category: Category, status: int | None = 503, denials: int = 2) -> Stock:
    return Stock(Supply.UNAVAILABLE, START, "why", category, status, denials)


@pytest.mark.parametrize(
    ("stock", "blame"),
    [
        (Stock(Supply.PAUSED, START, "why", Category.CREDENTIAL, 401), Blame.CREDENTIAL),
        (Stock(Supply.PAUSED, START, "why", Category.MISCONFIGURED, 400), Blame.CONFIGURATION),
        (Stock(Supply.PAUSED, START, "why", Category.PERMISSION, 403), Blame.CONFIGURATION),
        (away(Category.MISCONFIGURED, 404), Blame.CONFIGURATION),
        (away(Category.MISCONFIGURED, 302), Blame.CONFIGURATION),
        (away(Category.SERVER_ERROR), Blame.OMILIA),
        (away(Category.THROTTLED, 429), Blame.OMILIA),
        (away(Category.UNEXPECTED, 200), Blame.OMILIA),
        (away(Category.UNREACHABLE, None), None),
    ],
)
def test_who_is_to_blame_for_a_token_that_cannot_be_had(stock: Stock, blame: Blame | None) -> None:
    trouble = stock_trouble("iam", stock)
    assert trouble is not None
    assert (trouble.key, trouble.severity) == ("credential:iam", Severity.ERROR)
    assert (trouble.category, trouble.http_status) == (stock.category, stock.status)
    assert (trouble.blamed and trouble.blamed.blame) == blame


@pytest.mark.parametrize(
    "stock",
    [
        Stock(),
        Stock(Supply.OK, START),
        away(Category.SERVER_ERROR, denials=1),
        away(Category.BLOCKED, None),
    ],
)
def test_what_is_not_worth_telling(stock: Stock) -> None:
    assert stock_trouble("iam", stock) is None


class One:
    def __init__(self, endpoint: Endpoint, standing: Standing) -> None:
        self.endpoint = endpoint
        self.standing = standing


def seen(name: str, category: Category, minutes: float, breaker: Snapshot = CLOSED) -> One:
    endpoint = an_endpoint(name)
    outcome = an_outcome(category, endpoint=name, at=START + minutes * MINUTE)
    return One(endpoint, advance(Standing(name), outcome, breaker, endpoint))


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        (seen("iam", Category.OK, 1), False),
        (seen("iam", Category.OK, -1), True),
        (seen("iam", Category.SERVER_ERROR, 1), True),
        (seen("iam", Category.SERVER_ERROR, 1, OPEN), True),
        (seen("iam", Category.PERMISSION, 1), False),
        (One(an_endpoint("iam"), Standing("iam")), True),
    ],
)
def test_iam_has_the_first_word_where_it_has_an_endpoint(need: One, expected: bool) -> None:
    user = One(an_endpoint("chat", needs=("iam",)), Standing("chat"))
    watched = {"iam": need, "chat": user}
    assert explained(away(Category.SERVER_ERROR), [user], watched) is expected
    assert not explained(Stock(Supply.PAUSED, START), [user], watched)
    alone = One(an_endpoint("chat"), Standing("chat"))
    assert not explained(away(Category.SERVER_ERROR), [alone], watched)


# ---------------------------------------------------------------- reports


def told(*users: One, stock: Stock | None = None) -> tuple[Supply, str]:
    found = report("pat", "pat", Life(), stock, users, now=START)
    return found.supply, found.reason


def using(name: str, category: Category, times: int = 2) -> One:
    endpoint = an_endpoint(name, credential="pat")
    standing = Standing(name)
    for n in range(times):
        outcome = an_outcome(category, endpoint=name, at=START + n * MINUTE)
        standing = advance(standing, outcome, CLOSED, endpoint)
    return One(endpoint, standing)


def test_a_carried_credential_is_as_its_users_find_it() -> None:
    accepts, rejects = using("a", Category.OK), using("b", Category.CREDENTIAL)
    assert told() == (Supply.UNKNOWN, "")
    assert told(using("a", Category.SERVER_ERROR)) == (Supply.UNKNOWN, "")
    assert told(accepts) == (Supply.OK, "")
    assert told(accepts, rejects) == (Supply.OK, "rejected by b")
    assert told(rejects) == (Supply.PAUSED, "rejected by b")
    assert told(using("b", Category.CREDENTIAL, times=1)) == (Supply.UNKNOWN, "")


def test_since_when_is_the_earliest_rejection() -> None:
    found = report("pat", "pat", Life(), None, [using("b", Category.CREDENTIAL)], now=START)
    assert found.since == START


def test_a_token_that_is_had_has_a_stock_of_its_own() -> None:
    stock = Stock(Supply.PAUSED, START, "refused", Category.CREDENTIAL, 401)
    assert told(using("b", Category.CREDENTIAL), stock=stock) == (Supply.PAUSED, "refused")
    assert State.CLOSED is CLOSED.state
