"""The verdicts as they are known here: kept, believed for as long as they may be, looked up."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from monitor.client.verdict import Verdict, Why

log = logging.getLogger("monitor.client")

LIVE = 45.0
"""Seconds for which what was heard holds: three of the daemon's signs of life."""

OnChange = Callable[[Verdict], object]
"""Called with a verdict that is another than before. Must not block; what it raises is logged."""


class Known:
    """One verdict of the daemon's, and when it came. `until` is when it goes stale by itself."""

    __slots__ = ("allow", "at", "said", "until", "valid_for")

    def __init__(self, said: dict[str, Any], at: float) -> None:
        self.said = said
        self.at = at
        self.allow: bool = said["allow"]
        self.valid_for = seconds(said.get("valid_for")) or 0.0
        self.until = at + self.valid_for

    def acted_on(self) -> tuple[object, ...]:
        """Return what somebody acts on."""
        return tuple(self.said.get(k) for k in ("allow", "state", "mode", "unknown", "reason"))


class Book:
    """What is known of every endpoint. One thread writes, any may look up.

    A verdict holds for its `valid_for`. While the daemon is heard (`live_until`) it holds longer:
    whatever changes would be said. Once it is lost, a verdict holds for its `valid_for` again, but
    at most LIVE; then it is stale.
    """

    def __init__(self, monotonic: Callable[[], float], on_change: OnChange | None) -> None:
        self.monotonic = monotonic
        self.heard_at: float | None = None
        self.live_until = float("-inf")
        self.refused: dict[str, Known] = {}
        self._known: dict[str, Known] = {}
        self._on_change = on_change
        self.turned: Callable[[], None] = lambda: None
        """Called after something changed."""

    # ------------------------------------------------------------ looking up

    def allows(self, endpoint: str) -> bool:
        """Tell whether to call: no only when a verdict that holds says so."""
        known = self.refused.get(endpoint)
        return known is None or not self._holds(known, self.monotonic())

    def _holds(self, known: Known, now: float) -> bool:
        return now <= known.until or now <= self.live_until

    def lapses_in(self, endpoint: str) -> float:
        """Return in how many seconds a refusal goes stale if nothing more is heard."""
        known = self.refused.get(endpoint)
        if known is None:
            return 0.0
        return max(known.until, self.live_until) - self.monotonic()

    def verdict(self, endpoint: str) -> Verdict:
        """Return what is known of an endpoint, and what to do."""
        known, now = self._known.get(endpoint), self.monotonic()
        if known is None:
            heard = self.heard_at is not None
            why = Why.UNKNOWN_ENDPOINT if heard else Why.NO_DAEMON
            return Verdict(endpoint, allow=True, why=why)
        holds = self._holds(known, now)
        allow, said = known.allow or not holds, known.said
        wait, age = seconds(said.get("retry_after")), seconds(said.get("evidence_age"))
        return Verdict(
            endpoint=endpoint,
            allow=allow,
            why=Why.VERDICT if holds else Why.STALE,
            reason=str(said.get("reason", "")),
            state=said.get("state"),
            mode=said.get("mode"),
            unknown=bool(said.get("unknown", False)),
            retry_after=None if allow or wait is None else max(known.at + wait - now, 0.0),
            evidence_age=None if age is None else age + now - known.at,
            epoch=said.get("epoch"),
            evidence=said.get("evidence"),
        )

    def endpoints(self) -> list[str]:
        """Return what the daemon watches, as far as it is known here."""
        return list(self._known)

    # ------------------------------------------------------------ writing

    def say(self, said: object) -> None:
        """Take a verdict of the daemon's; what is none is passed over."""
        if not (isinstance(said, dict) and isinstance(said.get("allow"), bool)):
            return
        endpoint = said.get("endpoint")
        if not isinstance(endpoint, str):
            return
        before, known = self._known.get(endpoint), Known(said, self.monotonic())
        self._known[endpoint] = known
        if known.allow:
            self.refused.pop(endpoint, None)
        else:
            self.refused[endpoint] = known
        if before is None or before.acted_on() != known.acted_on():
            self._tell(endpoint)

    def keep_only(self, endpoints: Iterable[str]) -> None:
        """Forget whatever is not among these: it is no longer watched."""
        for gone in self._known.keys() - set(endpoints):
            del self._known[gone]
            self.refused.pop(gone, None)
            self._tell(gone)

    def heard(self) -> None:
        """Note that the daemon is there: what was not said did not change."""
        self.heard_at = self.monotonic()
        self.live_until = self.heard_at + LIVE

    def lost(self) -> None:
        """Note that the daemon cannot be heard any more."""
        if self.heard_at is None:
            return
        for known in self._known.values():
            known.until = max(known.until, self.heard_at + min(known.valid_for, LIVE))
        self.live_until = float("-inf")

    def _tell(self, endpoint: str) -> None:
        self.turned()
        if self._on_change is None:
            return
        try:
            self._on_change(self.verdict(endpoint))
        except Exception:
            log.exception("on_change failed for %s", endpoint)


def seconds(value: object) -> float | None:
    """Return a number of seconds that can be counted on, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _FOREVER else None


_FOREVER = 1e9
