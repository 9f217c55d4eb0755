"""The whole configuration file, and its smaller parts."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from alerts.channels import Channels
from monitor.app import checks
from monitor.app.settings.access import Access
from monitor.app.settings.contract import Availability
from monitor.app.settings.credential import AnyCredential
from monitor.app.settings.endpoint import Endpoint, EndpointDefaults
from monitor.app.settings.flapping import Flapping
from monitor.app.settings.maintenance import Maintenance
from monitor.app.settings.mirror import Mirror
from monitor.app.settings.omilia import Omilia
from monitor.app.settings.part import Name, Part, Positive, SecretUrl
from monitor.app.settings.platform import Platform
from monitor.app.settings.quota import Budget
from monitor.app.settings.route import Route
from monitor.app.settings.watching import DeadMan
from monitor.app.settings.witnesses import Witnesses


class Retention(Part):
    """How long history is kept."""

    outcomes: Positive = 7 * 86400.0
    """Every single outcome."""
    minutes: Positive = 30 * 86400.0
    """Rollups by the minute."""
    hours: Positive = 400 * 86400.0
    """Rollups by the hour; incidents and the ledger are kept as long."""


class Warn(Part):
    """How long before something runs out we say so."""

    certificate: Positive = 14 * 86400.0
    """Before the end of a server's certificate; each credential says its own `warn_before`."""


class Log(Part):
    """What the daemon writes to its standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines to write."""
    format: Literal["auto", "text", "json"] = "auto"
    """`auto`: text on a terminal, JSON lines elsewhere."""


class Settings(Part):
    """The whole configuration file."""

    listen: Annotated[str, AfterValidator(checks.listen)] = "127.0.0.1:8080"
    """Where the HTTP API answers."""
    public_url: Annotated[str, AfterValidator(checks.url)] | None = None
    """How people reach the API, for links in alerts; `http://<listen>` when left out."""
    store: Annotated[str | SecretUrl, AfterValidator(checks.store)] = "sqlite:///omilia-monitor.db"
    """Where state and history are kept: `sqlite:///file.db` or `postgresql://user@host/name`."""
    location: Name = "default"
    """From where this daemon looks; part of the key of everything it stores."""
    defaults: EndpointDefaults = EndpointDefaults()
    """Values for every endpoint that does not say otherwise."""
    omilia: Omilia | None = None
    """Endpoints from the catalogue (docs/catalogue.md), written out before anything else."""
    endpoints: list[Endpoint] = []
    """What else to watch; one with the id of the catalogue's says what is different there."""
    credentials: dict[Name, AnyCredential] = {}
    """Secrets that probes carry, by name."""
    budgets: dict[Name, Budget] = {}
    """How many requests probes may send, by name. An endpoint has the first one that fits it."""
    channels: Channels = Channels({})
    """Where alerts go, by name."""
    routes: list[Route] = []
    """Who is told of what; every channel that an endpoint names, or all, where none matches."""
    remind: Positive | None = None
    """After how long those are reminded whom no route names; never when it is left out."""
    self_alerts: list[str] | None = None
    """Channels told of the daemon's own troubles; all of them when it is left out."""
    maintenance: list[Maintenance] = Field([], max_length=200)
    """Announced times of work: probes go on, alerts wait, availability does not count."""
    platform: Platform = Platform()
    """When failures of many endpoints are one incident of the platform's."""
    flapping: Flapping | None = Flapping()
    """When outages of one thing are told as one, that it flaps; `null` for never."""
    availability: Availability = Availability()
    """How the contract counts availability: by region and calendar month."""
    witnesses: Witnesses = Witnesses()
    """Whom we ask whether our own network works."""
    stalled_after: Positive = 0.25
    """When the daemon itself stood still for this long, what it saw meanwhile is weighed anew."""
    mirror: Mirror | None = None
    """The verdicts in a Redis, for stock pybreaker (docs/mirror.md). None unless asked for."""
    access: Access = Access()
    """Who may change something, over the API."""
    warn: Warn = Warn()
    """How long before something runs out we say so."""
    deadman: DeadMan | None = None
    """Who notices when the monitor itself is gone: it is pinged while all is truly well."""
    watchdog: list[str] = []
    """Channels of kind `alertmanager` that hear, as long as we live, of an alert `Watchdog`."""
    retention: Retention = Retention()
    """How long history is kept."""
    log: Log = Log()
    """What the daemon writes to its standard error."""

    @property
    def store_url(self) -> str:
        """The store's URL, which may hold a password: not to be shown."""
        return self.store if isinstance(self.store, str) else self.store.get_secret_value()
