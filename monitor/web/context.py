"""What the handlers need of the rest of the daemon; the hall fills it in."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from monitor.board import Board
from monitor.core.ack import Ack
from monitor.core.availability import Contract
from monitor.core.budget_report import Report as BudgetReport
from monitor.core.burn import Held
from monitor.core.credential_report import Report
from monitor.core.disagreement import Disagreement
from monitor.core.incident import Incident
from monitor.core.maintenance import CalendarHealth, Window
from monitor.core.order import Order
from monitor.core.reports import Report as Told
from monitor.core.silence import Silence
from monitor.core.traffic import Word
from monitor.ports import Clock, History
from monitor.web.journal_source import JournalSource, NoJournal


@dataclass(frozen=True, slots=True)
class ReadyCheck:
    """One reason to be ready, or not. `name` is short: it is what `?exclude=` says."""

    name: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who has a token, and what it is good for. The token is never shown."""

    name: str
    token: str = field(repr=False)
    scopes: frozenset[str]


class Maintenance(Protocol):
    """Where maintenance is announced, and ended. All windows stand on the board's plan, too."""

    def windows(self) -> Sequence[Window]:
        """Return the windows that go on or are to come, the earliest first."""
        ...

    def calendars(self) -> Sequence[CalendarHealth]:
        """Return how the calendars are from which windows are read."""
        ...

    async def announce(self, window: Window) -> Window | None:
        """Announce a window. Returns it with its id when it holds; None when there are too many."""
        ...

    async def end(self, window_id: str, by: str) -> Window | None:
        """End a window now, or take it back before it began. None when there is no such."""
        ...


class Silences(Protocol):
    """Where silences are made, and ended."""

    def silences(self) -> Sequence[Silence]:
        """Return all that are known: active, pending, expired; by what is next to happen."""
        ...

    async def add(self, silence: Silence) -> Silence | None:
        """Add a silence. Returns it with its id when it holds; None when there are too many."""
        ...

    async def expire(self, silence_id: str, by: str) -> Silence | None:
        """End a silence now; one that is over stays as it is. None when there is no such."""
        ...


def _unheard(where: str) -> None:
    """Count a bug nowhere."""


def _free(incident: str) -> str:
    """Hold nothing back."""
    del incident
    return ""


def _always() -> bool:
    return True


def _nobody() -> Sequence[Holder]:
    return ()


def _no_credentials() -> Sequence[Report]:
    return ()


def _no_budgets() -> Sequence[BudgetReport]:
    return ()


def _no_such(name: str) -> Report | None:
    del name
    return None


async def _not_heard(token: str, reporter: str, reports: Sequence[Told]) -> None:
    del token, reporter, reports


def _no_word(endpoint: str) -> tuple[Word, Disagreement | None] | None:
    del endpoint
    return None


async def _not_taken(incident: str, ack: Ack | None) -> Incident | None:
    del incident, ack
    return None


async def _not_obeyed(endpoint: str, order: Order | None, by: str) -> bool:
    del endpoint, order, by
    return False


@dataclass(frozen=True, slots=True)
class Context:
    """Everything the handlers ask.

    `told` takes the ids of incidents and returns for each what was told to whom, in order, as JSON
    values (datetimes allowed) in the shape of `models.ToldModel`; it never raises and soon answers.
    `metrics` takes an Accept header and returns a body and its content type. `alive` says whether
    the loop ticks, and a sentence. All but `metrics`, `history` and `told` answer from memory, at
    once. `held` takes the id of an incident and says why nobody is told of it for now. `bug` counts
    an exception that should not have been. `holders` are those who may change something, `contract`
    is how availability is counted. `order` puts an order about an endpoint in force or ends it
    (None), in somebody's name; False when there is no such endpoint. `resume` has a credential
    tried again, and returns None when there is none of that name. `reported` takes what the
    reporter of a token says, `word` is what is reported of an endpoint; None when nobody does.
    `acknowledge` notes who has taken an incident, or all that go on in a group, and returns it, or
    the last of them; None when none such is open.
    `journal` is what every channel was told and is owed, also where no incident is.
    `held_objectives` are how objectives are held, by endpoint.

    The board is also read from worker threads; so is the `next_probe` that was given to it.
    """

    board: Board
    clock: Clock
    history: History
    told: Callable[[Collection[str]], Awaitable[Mapping[str, Sequence[Mapping[str, Any]]]]]
    location: str
    version: str
    metrics: Callable[[str | None], Awaitable[tuple[bytes, str]]]
    readiness: Callable[[], Sequence[ReadyCheck]]
    alive: Callable[[], tuple[bool, str]]
    maintenance: Maintenance
    silences: Silences
    bug: Callable[[str], None] = _unheard
    known: Callable[[], bool] = _always
    held: Callable[[str], str] = _free
    holders: Callable[[], Sequence[Holder]] = _nobody
    contract: Callable[[], Contract] = Contract
    order: Callable[[str, Order | None, str], Awaitable[bool]] = _not_obeyed
    reported: Callable[[str, str, Sequence[Told]], Awaitable[None]] = _not_heard
    word: Callable[[str], tuple[Word, Disagreement | None] | None] = _no_word
    acknowledge: Callable[[str, Ack | None], Awaitable[Incident | None]] = _not_taken
    credentials: Callable[[], Sequence[Report]] = _no_credentials
    resume: Callable[[str], Report | None] = _no_such
    budgets: Callable[[], Sequence[BudgetReport]] = _no_budgets
    journal: JournalSource = field(default_factory=NoJournal)
    held_objectives: Callable[[], Mapping[str, Held]] = dict
    patience: float = 5.0
    """Seconds that the store may take for an answer."""
