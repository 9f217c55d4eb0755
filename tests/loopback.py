"""A loopback address of this test process alone, for servers whose port must be known before.

A port that was found free and given back may be taken by whoever asks next: other tests ask for any
port of 127.0.0.1 all the time. On an address of one's own nobody else does.
"""

import os
import sys

_MOST = 250


def own_host() -> str:
    """Return an address in 127.0.0.0/8; elsewhere than on Linux there is only one."""
    if not sys.platform.startswith("linux"):
        return "127.0.0.1"
    pid = os.getpid()
    return f"127.{1 + pid % _MOST}.{pid // _MOST % _MOST}.1"
