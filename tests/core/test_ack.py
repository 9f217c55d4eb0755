"""Acknowledgements end by themselves, and when it grows worse."""

from datetime import timedelta

import pytest

from monitor.core.ack import Ack, kept
from tests.clock import START

ACK = Ack("ada", START, START + timedelta(hours=1))


def test_it_holds_until_its_end() -> None:
    assert ACK.holds(START + timedelta(minutes=59))
    assert not ACK.holds(START + timedelta(hours=1))


@pytest.mark.parametrize(
    ("before", "after", "holds"),
    [
        ("warning", "critical", False),
        ("error", "critical", False),
        ("error", "error", True),
        ("critical", "warning", True),
    ],
)
def test_only_what_grew_worse_ends_it(before: str, after: str, holds: bool) -> None:
    assert (kept(ACK, before, after) is ACK) is holds
    assert kept(None, before, after) is None
