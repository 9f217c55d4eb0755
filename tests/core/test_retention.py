import pytest

from monitor.core.retention import Retention, estimate

DAY = 86_400.0


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_the_estimate_grows_with_the_load_and_with_what_is_kept(backend: str) -> None:
    small = estimate(1.0, 60, Retention(), backend)
    assert 0 < small < estimate(2.0, 120, Retention(), backend)
    assert small < estimate(1.0, 60, Retention(outcomes=14 * DAY), backend)


def test_twenty_endpoints_once_a_minute_fit_on_any_disk() -> None:
    assert estimate(20 / 60, 20, Retention()) < 100e6


def test_a_rollup_is_never_counted_without_a_probe() -> None:
    """One endpoint asked once a day has one row a day in each table, not 1,440."""
    keep = Retention(outcomes=0, minutes=10 * DAY, hours=0)
    assert estimate(1 / DAY, 1, keep) == pytest.approx(estimate(10 / DAY, 10, keep) / 10, rel=0.1)
    assert estimate(1 / DAY, 1, keep) < 1000
