"""Whose fault it is: the answer to "is it us?", for one who has ten seconds.

Decided from what was seen and from what else was seen around it, by the table below. A blame is a
word for programs; its sentence is for people. What cannot be told apart is `unclear`, and says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from monitor.core.exchange import Fault
from monitor.core.outcome import About, Category


class Blame(StrEnum):
    """Whose fault something is. Bounded: it is part of the HTTP contract and of every alert."""

    OMILIA = "omilia"
    """The platform's."""
    APPLICATION = "application"
    """One application's, which is its owner's: it is stopped, or fails while the platform works."""
    CREDENTIAL = "credential"
    """Ours: a credential is rejected, or cannot be had."""
    LICENCE = "licence"
    """Ours: licences are used up."""
    NETWORK = "network"
    """Ours: we are offline."""
    CONFIGURATION = "configuration"
    """Ours: the probe is wrong, or may not do what it does."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Blamed:
    """Whose fault it is, and one sentence for people that says so and why."""

    blame: Blame
    sentence: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What is blamed on somebody: the evidence of one endpoint's trouble.

    `application`: the reply itself says that an application is at fault, not the platform.
    """

    category: Category
    status: int | None = None
    fault: Fault | None = None
    about: About = About.PLATFORM
    application: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What was seen around it, since it began. None: nothing is known.

    `online`: what the witnesses say of our own network. `others`: whether anything else answers.
    `platform`: whether the platform works around an application that does not.
    """

    online: bool | None = None
    others: bool | None = None
    platform: bool | None = None


def blamed(seen: Seen, around: Around) -> Blamed:
    """Say whose fault something is."""
    return _TABLE[seen.category](seen, around)


OFFLINE = Blamed(Blame.NETWORK, "It is us: we are offline. Nothing is known of Omilia meanwhile.")
REJECTED = Blamed(Blame.CREDENTIAL, "It is us: our credential is rejected.")

_NO_LICENCE = Blamed(Blame.LICENCE, "It is us: no licence is free.")
_FORBIDDEN = Blamed(Blame.CONFIGURATION, "It is us: our credential may not do what the probe does.")
_WRONG_PROBE = Blamed(
    Blame.CONFIGURATION, "It is us: Omilia refuses the request, so the probe is wrong."
)
_UNFIT = Blamed(
    Blame.CONFIGURATION, "It is us: the probe is not made for what comes; check its URL first."
)
_REFUSED = Blamed(
    Blame.UNCLEAR, "Not clear: a valid request is refused; by Omilia, or by our account's limits."
)
_TOO_MANY = Blamed(
    Blame.UNCLEAR, "Not clear: we are told to call less; who else calls with this credential?"
)
_BUSY = Blamed(Blame.OMILIA, "It is Omilia: it is too busy, and says when to come again.")
_SLOW = Blamed(Blame.OMILIA, "It is Omilia: it answers, but too slowly.")
_SAYS_SO = Blamed(Blame.OMILIA, "It is Omilia: it answers, and says itself that it is not well.")
_CHANGED = Blamed(Blame.OMILIA, "It is Omilia: it answers, but not as it should.")
_NOT_RUNNING = Blamed(
    Blame.APPLICATION,
    "It is our application, not Omilia: the platform answers, and says how it is.",
)
_ALONE = Blamed(
    Blame.APPLICATION, "It is our application, not Omilia: only it fails, the platform works."
)
_WITH_ALL = Blamed(Blame.OMILIA, "It is Omilia: the platform around the application fails too.")
_APP_OR_ALL = Blamed(
    Blame.UNCLEAR, "Not clear: the application, or the platform, of which nothing is known."
)
_NO_WAY_THERE = Blamed(
    Blame.OMILIA, "It is Omilia: it cannot be reached, and our own network works."
)
_WHILE_OTHERS = Blamed(Blame.OMILIA, "It is Omilia: it cannot be reached, while others answer.")
_NOBODY = Blamed(
    Blame.UNCLEAR, "Not clear: nothing answers, which is more often our network than Omilia."
)
_NO_WITNESS = Blamed(
    Blame.UNCLEAR, "Not clear: no answer; our network or Omilia, and no witness is there to tell."
)
_NOTHING = Blamed(Blame.UNCLEAR, "Not clear: see the reason.")

_OURS = frozenset({Fault.REDIRECTS, Fault.TOO_LARGE})
"""Faults that a change of the probe mends."""


def _always(verdict: Blamed) -> Callable[[Seen, Around], Blamed]:
    return lambda _seen, _around: verdict


def _server_error(seen: Seen, around: Around) -> Blamed:
    if seen.about is About.APPLICATION:
        return _application(around)
    code = "an error" if seen.status is None else str(seen.status)
    return Blamed(Blame.OMILIA, f"It is Omilia: it answers {code}.")


def _unexpected(seen: Seen, _around: Around) -> Blamed:
    return _NOT_RUNNING if seen.application else _CHANGED


def _slow(seen: Seen, around: Around) -> Blamed:
    return _application(around) if seen.about is About.APPLICATION else _SLOW


def _impaired(seen: Seen, _around: Around) -> Blamed:
    return _NOT_RUNNING if seen.about is About.APPLICATION else _SAYS_SO


def _throttled(seen: Seen, _around: Around) -> Blamed:
    return _TOO_MANY if seen.status == 429 else _BUSY  # noqa: PLR2004  the status that says so


def _unreachable(seen: Seen, around: Around) -> Blamed:
    if around.online is False:
        return OFFLINE
    if seen.fault in _OURS:
        return _UNFIT
    if seen.about is About.APPLICATION and around.platform is not None:
        return _application(around)
    if around.online:
        return _NO_WAY_THERE
    if around.others is None:
        return _NO_WITNESS
    return _WHILE_OTHERS if around.others else _NOBODY


def _application(around: Around) -> Blamed:
    """Tell an application that fails alone from one that fails with everything."""
    if around.platform is None:
        return _APP_OR_ALL
    return _ALONE if around.platform else _WITH_ALL


_TABLE: Mapping[Category, Callable[[Seen, Around], Blamed]] = MappingProxyType(
    {
        Category.OK: _always(_NOTHING),
        Category.SLOW: _slow,
        Category.IMPAIRED: _impaired,
        Category.THROTTLED: _throttled,
        Category.SERVER_ERROR: _server_error,
        Category.UNREACHABLE: _unreachable,
        Category.UNEXPECTED: _unexpected,
        Category.REQUEST_FAILED: _always(_REFUSED),
        Category.CREDENTIAL: _always(REJECTED),
        Category.LICENCE: _always(_NO_LICENCE),
        Category.PERMISSION: _always(_FORBIDDEN),
        Category.MISCONFIGURED: _always(_WRONG_PROBE),
        Category.BLOCKED: _always(_NOTHING),
    }
)
