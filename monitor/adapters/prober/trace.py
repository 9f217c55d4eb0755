"""The identity of a trace, by which Omilia can find one probe (W3C Trace Context)."""

import os
from collections.abc import Iterator

_IDS = 24
"""Bytes of a trace's and a span's id together."""
_MANY = 128
"""So many are drawn at a time: a question to the system costs more than all the rest of it."""


def traceparents() -> Iterator[str]:
    """Yield one header value after the other, for ever; no two are the same."""
    while True:
        drawn = os.urandom(_IDS * _MANY).hex()
        for begin in range(0, len(drawn), 2 * _IDS):
            ids = drawn[begin : begin + 2 * _IDS]
            yield f"00-{ids[:32]}-{ids[32:]}-01"
