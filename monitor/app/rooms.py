"""The rooms of one daemon, wired to each other. Nothing has begun yet."""

import logging
from collections.abc import Callable, Mapping
from functools import partial

from alerts.shelf import SqlShelf
from monitor import __version__
from monitor.adapters.clock import SystemClock
from monitor.adapters.clock import uniform as real_dice
from monitor.adapters.credentials import Keeper
from monitor.adapters.gate import PybreakerGate
from monitor.adapters.metrics import Metrics, store_source
from monitor.adapters.metronome import Metronome, Reports, Tick
from monitor.adapters.prober import AiohttpProber
from monitor.adapters.store import SqlStore
from monitor.adapters.store.engine import READING
from monitor.app.asking import Asking
from monitor.app.bookkeeper import Bookkeeper
from monitor.app.budgeting import allowances_of, reports_of
from monitor.app.burn_watch import BurnWatch
from monitor.app.credential_desk import CredentialDesk
from monitor.app.descriptors import followers_at_most
from monitor.app.expiry_watch import ExpiryWatch
from monitor.app.logs import redactor
from monitor.app.maintenance.almanac import Almanac
from monitor.app.maintenance.upkeep import Upkeep
from monitor.app.metric_sources import (
    alert_source,
    budget_source,
    credential_source,
    daemon_source,
    follower_source,
    maintenance_source,
    traffic_source,
)
from monitor.app.order_watch import OrderWatch
from monitor.app.patience import Patience
from monitor.app.redaction import secrets_of
from monitor.app.reporting import Reporting
from monitor.app.secret_files import SecretFiles
from monitor.app.settings import Settings
from monitor.app.settings.credential import AnyCredential
from monitor.app.telling.newsroom import Newsroom
from monitor.app.tending import Heartbeat
from monitor.app.wiring import (
    contract_of,
    credentials_of,
    flapping_of,
    grants_of,
    holders_of,
    own_channels,
    together_of,
    witnesses_of,
)
from monitor.board import Board
from monitor.core.budget_report import Report as BudgetReport
from monitor.core.budgets import Budgets
from monitor.core.cadence import phase_of
from monitor.core.endpoint import Endpoint
from monitor.core.incident_book import IncidentBook
from monitor.core.ledger import Ledger
from monitor.engine import Engine, Lookout
from monitor.ports import Clock
from monitor.web.context import Context, ReadyCheck
from monitor.web.server import WebServer
from monitor.web.stream.followers import Limits

log = logging.getLogger("omilia_monitor.credentials")

DEFAULT_PATIENCE = Patience()
SOON = 5.0
"""Seconds within which those are probed whose credential is worth another try."""

MetronomeFactory = Callable[[Tick, Clock, Reports], Metronome]


def metronome_on_the_loop(tick: Tick, clock: Clock, reports: Reports) -> Metronome:
    """Make the metronome of a daemon that really runs."""
    return Metronome(tick, clock=clock, reports=reports)


class Rooms:
    """Everything that a daemon owns, made from settings. `monitor.app.daemon` gives it its life."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        metronome: MetronomeFactory = metronome_on_the_loop,
        patience: Patience = DEFAULT_PATIENCE,
        uniform: Callable[[float, float], float] = real_dice,
    ) -> None:
        self.settings = settings
        self.patience = patience
        self.clock = clock or SystemClock()
        self.store = SqlStore(
            settings.store_url,
            location=settings.location,
            clock=self.clock,
            uniform=uniform,
            load_within=patience.opening,
            patience=patience.commit,
        )
        self.credentials = Keeper(
            lambda request: self.prober.fetch(request),  # noqa: PLW0108  not made yet
            self.clock,
            uniform,
            changed=lambda: self.desk.changed(),  # noqa: PLW0108  not made yet
            learn=redactor.learn,
        )
        self.credentials.adopt(credentials_of(settings), grants_of(settings))
        self.prober = AiohttpProber(self.credentials, parting=patience.farewell)
        self.asking = Asking(
            self.prober,
            self.clock,
            lambda: self.engine.endpoints(),  # noqa: PLW0108  not made yet
            farewell=patience.farewell,
        )
        self.budgets = Budgets(allowances_of(settings))
        self.book = IncidentBook(settings.location)
        self.book.platforms.policy = together_of(settings)
        self.book.flaps.policy = flapping_of(settings)
        self.heartbeat = Heartbeat(self.clock, lambda: self.settings.stalled_after)
        self.lookout = Lookout(self.clock, self.heartbeat.stalled)
        self.lookout.witnesses = witnesses_of(settings)
        self.board = Board(lambda endpoint: self.metronome.next_at(endpoint))  # noqa: PLW0108  not made yet
        self.book.flaps.excused = self.board.began_in_maintenance
        self.engine = Engine(
            clock=self.clock,
            prober=self.asking,
            gates=partial(PybreakerGate, uniform=uniform),
            store=self.store,
            sink=self.board,
            book=self.book,
            hasten=self._hasten,
            budgets=self.budgets,
            lookout=self.lookout,
        )
        self.metrics = Metrics(
            self.board, self.clock, version=__version__, location=settings.location
        )
        for source in (
            store_source(self.store.health),
            alert_source(lambda: self.reconciler.numbers()),  # noqa: PLW0108  not made yet
            credential_source(lambda: self.desk.reports(), self.credentials.requests),  # noqa: PLW0108  not made yet
            budget_source(self._budget_reports),
            daemon_source(
                lambda: self.heartbeat.lag,
                lambda: self.reloaded_well,
                lambda: self.lookout.sight.offline,
            ),
        ):
            self.metrics.add_source(source)
        self.metronome = metronome(self.engine.tick, self.clock, self.metrics)
        readers = self.store.engine.execution_options(**{READING: True})
        self.newsroom = Newsroom(
            SqlShelf(self.store.engine, readers),
            self.board,
            self.clock,
            uniform,
            lambda: self.settings,
            members=self.book.members,
            awaits=self.engine.awaits,
            word=self.engine.word,
            acknowledge=self.engine.acknowledge,
            patience=patience.journal,
            keep=self.store.keep,
            timeline=self.store.timeline,
        )
        self.journal, self.reconciler = self.newsroom.journal, self.newsroom.reconciler
        self.announcer = self.newsroom.announcer
        self.bookkeeper = Bookkeeper(
            self.board, self.clock, Ledger(self._incident_of), self.store.record
        )
        self.upkeep = Upkeep(
            self.board,
            self.clock,
            Almanac(self.clock, self.store.keep, self.reconciler.stands, self._own_channels),
            keep=self.store.keep,
            timeline=self.store.timeline,
            held=self.announcer.look,
        )
        self.metrics.add_source(
            maintenance_source(self.board, self.clock, self.upkeep, self.newsroom)
        )
        self.desk = CredentialDesk(
            clock=self.clock,
            keeper=self.credentials,
            board=self.board,
            pauses=self.store.pauses,
            settings=lambda: self.settings,
            open_incidents=self.book.open_incidents,
            notice=self.engine.notice,
            soon=self._soon,
        )
        self.expiry_watch = ExpiryWatch(
            clock=self.clock,
            board=self.board,
            settings=lambda: self.settings,
            open_incidents=self.book.open_incidents,
            notice=self.engine.notice,
        )
        self.burn_watch = BurnWatch(
            self.clock,
            self.board,
            lambda: self.settings,
            read=self.store.watch,
            book=self.book,
            notice=self.engine.notice,
        )
        self.secret_files = SecretFiles(lambda: self.settings, self._rotated)
        self.reporting = Reporting(self.engine)
        self.metrics.add_source(traffic_source(self.reporting))
        self.order_watch = OrderWatch(self.clock, self.engine)
        self.web = WebServer(self._context(), Limits(most=followers_at_most()))
        self.metrics.add_source(follower_source(self.web.events.followers))
        self._known = False
        self.ready = False
        self.reloaded_well = True

    def _context(self) -> Context:
        return Context(
            board=self.board,
            clock=self.clock,
            history=self.store,
            told=self.newsroom.told,
            journal=self.newsroom.journal_desk,
            location=self.settings.location,
            version=__version__,
            metrics=self.metrics.render,
            readiness=self.readiness,
            alive=self.heartbeat.alive,
            maintenance=self.upkeep,
            silences=self.newsroom.silences,
            held=self.announcer.held,
            bug=self.metrics.bug,
            known=lambda: self._known,
            holders=lambda: holders_of(self.settings),
            contract=lambda: contract_of(self.settings),
            order=self.engine.order,
            budgets=self._budget_reports,
            reported=self.reporting.take,
            word=self.engine.word,
            acknowledge=self.newsroom.acknowledge,
            credentials=self.desk.reports,
            resume=self.desk.resume,
            held_objectives=self.burn_watch.held,
            patience=self.patience.reading,
        )

    def _budget_reports(self) -> list[BudgetReport]:
        now = self.clock.monotonic()
        return reports_of(self.settings, self.engine.endpoints(), self.budgets, now)

    def _incident_of(self, endpoint: str) -> str:
        incident = self.book.of(endpoint)
        return "" if incident is None else incident.id

    # ------------------------------------------------------------ what the rooms ask each other

    def _hasten(self, endpoint: Endpoint, within: float) -> None:
        due = self.metronome.next_at(endpoint.id)
        if due is not None and (due - self.clock.now()).total_seconds() > within:
            self.metronome.set(endpoint.id, endpoint.every, first_in=within)

    def _soon(self, endpoint: Endpoint) -> None:
        self._hasten(endpoint, phase_of(endpoint.id, min(endpoint.every, SOON)))

    def _rotated(self, renewed: Mapping[str, AnyCredential]) -> None:
        """Go on with credentials whose files hold another secret now."""
        credentials = {**self.settings.credentials, **renewed}
        self.settings = self.settings.model_copy(update={"credentials": credentials})
        redactor.add(secrets_of(self.settings))
        self.credentials.adopt(credentials_of(self.settings), grants_of(self.settings))
        for name in renewed:
            log.info("credential.rotated", extra={"credential": name})
            self.desk.tried_again(name)

    @property
    def url(self) -> str:
        """Where people reach the API."""
        if self.settings.public_url:
            return self.settings.public_url.rstrip("/")
        host = self.settings.listen.rpartition(":")[0]
        shown = "127.0.0.1" if host in ("0.0.0.0", "[::]", "*") else host  # noqa: S104  only shown
        return f"http://{shown}:{self.web.port}"

    def readiness(self) -> list[ReadyCheck]:
        """Say whether the daemon itself can do its work. Omilia's trouble is not ours."""
        store = self.store.health()
        return [
            ReadyCheck("started", self.ready, "" if self.ready else "starting or stopping"),
            ReadyCheck("store", store.failing_since is None, store.error),
            ReadyCheck("loop", *self.heartbeat.alive()),
        ]

    def _own_channels(self) -> tuple[str, ...]:
        return own_channels(self.settings)
