"""What is refused of an objective comes with what would be right, and that is right."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.config import seconds_of
from monitor.app.settings.objective import BurnRule, problem
from monitor.core.objective import WINDOW


def rule(over: float, long: str, short: str = "5m") -> BurnRule:
    return BurnRule.model_validate({"over": over, "long": long, "short": short, "min_samples": 1})


@given(
    target=st.integers(9000, 9999).map(lambda n: n / 100),
    every=st.integers(10, 300),
    hours=st.integers(1, 72),
    part=st.integers(5, 95),
)
def test_every_way_out_that_is_named_is_one(
    target: float, every: int, hours: int, part: int
) -> None:
    """A rule that so many per cent of one failed probe are enough for."""
    over = every / hours / 36 / (100 - target) * part / 100
    wrong = problem(target, [rule(over, f"{hours}h")], every)
    assert wrong is not None
    assert "one failed probe" in wrong
    ways = dict(
        re.findall(r"(objective|every|over|long): ([\d.]+[a-z%]*) or", wrong.split("; ")[1])
    )
    assert ways
    for key, said in ways.items():
        mended = {"target": target, "every": float(every), "over": over, "long": hours * 3600.0}
        mended |= (
            {"target": float(said[:-1])}
            if key == "objective"
            else {"over": float(said)}
            if key == "over"
            else {key: seconds_of(said)}
        )
        again = problem(
            mended["target"], [rule(mended["over"], f"{mended['long']:.0f}s")], mended["every"]
        )
        assert again is None or "one failed probe" not in again, (key, said)


@pytest.mark.parametrize(
    ("target", "every", "over", "long"),
    [(99.9, 36, 10, "1h"), (99.5, 60, 6, "6h"), (99.9, 60, 6, "6h"), (99.95, 15, 14.4, "1h")],
)
def test_what_takes_two_is_accepted(target: float, every: float, over: float, long: str) -> None:
    assert problem(target, [rule(over, long)], every) is None


def test_a_window_longer_than_the_budgets_is_refused() -> None:
    with pytest.raises(ValueError, match="write 30d or less"):
        rule(1, f"{WINDOW + 1}s")
