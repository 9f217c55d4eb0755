"""What systemd is told: that we are ready, that we live, that we stop (sd_notify(3)).

Nothing is said where nobody listens: without NOTIFY_SOCKET in the environment.
"""

import contextlib
import os
import socket
from collections.abc import Mapping


class Systemd:
    """Writes to systemd's socket. `watchdog` is how often it wants to hear of us, in seconds."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        asked = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        usec = int(asked) if asked.isdigit() and ours else 0
        # Twice as often as it is asked for, as its manual advises.
        self.watchdog = usec / 2_000_000 if usec and self._address else None

    def say(self, state: str) -> None:
        """Say `READY=1`, `WATCHDOG=1`, `STOPPING=1`. Never raises: we live without it."""
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):  # an abstract socket
            address = "\0" + address[1:]
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to,
        ):
            to.setblocking(False)
            to.sendto(state.encode(), address)
