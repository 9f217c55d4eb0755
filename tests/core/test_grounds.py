"""Numbers are written as people write them, however large."""

import pytest

from monitor.core.grounds import about, figure


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "0 s"), (0.3921, "0.392 s"), (12.34, "12.3 s"), (999.4, "999 s"), (3770.6, "63 min")],
)
def test_seconds_never_have_an_exponent(seconds: float, said: str) -> None:
    assert about(seconds) == said


@pytest.mark.parametrize(
    ("number", "said"), [(4.0, "4"), (0.18333, "0.183"), (999.6, "1000"), (1234.0, "1234")]
)
def test_a_large_number_keeps_its_digits(number: float, said: str) -> None:
    assert figure(number) == said
