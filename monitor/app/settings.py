"""The configuration as a model: every key, its type, its default, and what it means.

The JSON Schema, `show-config` and docs/configuration.md derive from here or are checked against it.
A secret is never written in the file: `{env: NAME}` or `{file: PATH}`.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
    model_validator,
)

from alerts.config import REFERENCE, Channels, Duration, Secret
from monitor.app import checks

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
Status = Annotated[int, Field(ge=100, le=999)]
Positive = Annotated[Duration, Field(gt=0)]


SecretUrl = Annotated[SecretStr, WithJsonSchema(REFERENCE)]
"""A URL that may hold a password, and is therefore written as a reference."""


class Part(BaseModel):
    """What all parts share: unknown keys are refused, values are not guessed at."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )


class Expect(Part):
    """What a healthy reply looks like."""

    status: list[Status] = Field([200, 201, 202, 204], min_length=1)
    """Statuses that are as expected."""
    within: Positive | None = None
    """A good reply that takes longer is "slow", not failed."""
    json_: Annotated[dict[str, Any], AfterValidator(checks.json_paths)] = Field({}, alias="json")
    """JSONPath (RFC 9535) to what must hold there: a JSON Schema, or a value that must be equal."""
    body: Annotated[str, AfterValidator(checks.pattern)] | None = None
    """A regular expression that must be found in the body."""
    headers: Annotated[dict[str, str], AfterValidator(checks.header_patterns)] = {}
    """Header names to regular expressions that must be found in them."""


class Breaker(Part):
    """The numbers of one circuit breaker."""

    fail_max: int = Field(3, ge=1, le=100)
    """Consecutive failures that trip it."""
    reset_timeout: Positive = 10.0
    """The first open time; grows by `factor` with each further trip."""
    factor: float = Field(2.0, ge=1, le=10)
    """How much longer each further trip keeps it open."""
    max_open: Positive = 300.0
    """The open time grows no further than this. A Retry-After may be longer."""
    success_threshold: int = Field(2, ge=1, le=100)
    """Consecutive good trials that reset it."""
    confirm_after: Positive = 5.0
    """How soon a first failure is probed again, and how far apart trials are."""
    count: list[Status] = []
    """Further statuses that count as failures, for example [402]."""

    @model_validator(mode="after")
    def _open_time_fits(self) -> Self:
        if self.max_open < self.reset_timeout:
            raise ValueError("max_open is shorter than reset_timeout; make it at least as long")
        return self


class EndpointDefaults(Part):
    """Any key of an endpoint but its id and URL; endpoints override it key by key."""

    group: str = Field("default", min_length=1, max_length=64)
    """What it belongs to, for people."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    """The HTTP method."""
    headers: Annotated[dict[str, str], AfterValidator(checks.headers)] = {}
    """Request headers. A secret belongs under `credentials`."""
    body: str | None = None
    """The request's body."""
    credential: str | None = None
    """A name under `credentials`."""
    every: Positive = 60.0
    """How often it is probed."""
    timeout: Positive = 10.0
    """How long a probe may take in all; less than `every`."""
    redirects: int = Field(0, ge=0, le=10)
    """How many redirects are followed. None unless asked: a redirect is an answer."""
    max_body: ByteSize = Field(ByteSize(1_048_576), ge=1024, le=67_108_864)
    """How much of a reply's body is read. More is "too_large"."""
    ca_file: Annotated[str, AfterValidator(checks.certificates)] | None = None
    """Certificates (PEM) to trust instead of the system's."""
    expect: Expect = Expect()
    """What a healthy reply looks like."""
    breaker: Breaker = Breaker()
    """The circuit breaker's numbers."""
    needs: list[str] = []
    """Endpoints without which this one cannot work: while one is down, this one is blocked."""
    critical: bool = True
    """Whether it counts for the platform's status, and how loud its alerts are."""
    alert: list[str] | None = None
    """Channels to tell; all of them when it is left out, none for []."""


class Endpoint(EndpointDefaults):
    """One thing to watch."""

    id: Name
    """Unique and stable: the alert's key and the verdict's name."""
    url: Annotated[str, AfterValidator(checks.url)]
    """Where to ask."""

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.timeout >= self.every:
            raise ValueError(
                f"timeout ({self.timeout:g}s) is not less than every ({self.every:g}s);"
                " shorten timeout or probe less often"
            )
        if self.expect.within is not None and self.expect.within >= self.timeout:
            raise ValueError("expect.within is not less than timeout; nothing could ever be slow")
        return self


class Credential(Part):
    """A secret that probes carry: a header of your choice, or a bearer token."""

    header: str | None = None
    """The header's name, for example X-OCP-PERSONAL-ACCESS-TOKEN."""
    value: Secret | None = None
    """The header's value."""
    bearer: Secret | None = None
    """A token for `Authorization: Bearer`."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        by_header = self.header is not None and self.value is not None
        half = (self.header is None) != (self.value is None)
        if half or by_header == (self.bearer is not None):
            raise ValueError("write either {header: NAME, value: SECRET} or {bearer: SECRET}")
        if self.header is not None:
            checks.headers({self.header: ""})
        return self

    def headers(self) -> dict[str, str]:
        """Return the headers that a probe adds."""
        if self.bearer is not None:
            return {"Authorization": f"Bearer {self.bearer.get_secret_value()}"}
        if self.header is None or self.value is None:
            return {}
        return {self.header: self.value.get_secret_value()}


class Retention(Part):
    """How long history is kept."""

    outcomes: Positive = 7 * 86400.0
    """Every single outcome."""
    minutes: Positive = 30 * 86400.0
    """Rollups by the minute."""
    hours: Positive = 400 * 86400.0
    """Rollups by the hour; incidents are kept as long."""


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
    endpoints: list[Endpoint] = Field(min_length=1)
    """What to watch."""
    credentials: dict[Name, Credential] = {}
    """Secrets that probes carry, by name."""
    channels: Channels = Channels({})
    """Where alerts go, by name."""
    self_alerts: list[str] | None = None
    """Channels told of the daemon's own troubles; all of them when it is left out."""
    retention: Retention = Retention()
    """How long history is kept."""
    log: Log = Log()
    """What the daemon writes to its standard error."""

    @property
    def store_url(self) -> str:
        """The store's URL, which may hold a password: not to be shown."""
        return self.store if isinstance(self.store, str) else self.store.get_secret_value()
