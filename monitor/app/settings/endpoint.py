"""`endpoints:` and `defaults:`: what is watched, what is hoped for, and when its breaker trips."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ByteSize, Field, model_validator

from monitor.app import checks
from monitor.app.settings.breaker import Breaker
from monitor.app.settings.chat import Chat, problem, with_own_defaults
from monitor.app.settings.objective import DEFAULT_RULES, BurnRule, Target
from monitor.app.settings.objective import problem as eroded
from monitor.app.settings.part import Name, Part, Positive, Status
from monitor.app.settings.poll import Poll
from monitor.app.settings.signals import Signals
from monitor.app.settings.traffic import Traffic


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
    application: Annotated[dict[str, Any] | None, AfterValidator(checks.json_paths)] = None
    """With `about: application`: which unexpected body is the application's fault, by JSONPath as
    in `json`; every other is the platform's. Left out: every unexpected body is the application's.
    """


class EndpointDefaults(Part):
    """Any key of an endpoint but id, url, chat, poll and signals.

    Endpoints override it key by key.
    """

    group: str = Field("default", min_length=1, max_length=64)
    """What it belongs to, for people."""
    region: str = Field("", max_length=64)
    """Omilia's region that it is part of, for example us1; availability is counted by it."""
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
    traffic: Traffic = Traffic()
    """How what services report of their own calls is heeded."""
    needs: list[str] = []
    """Endpoints without which this one cannot work: while one is down, this one is blocked."""
    about: Literal["platform", "application"] = "platform"
    """What it speaks of. Trouble of an `application` is its owner's while the platform works, and
    never an outage of the platform. A conversation speaks of one, unless it says otherwise.
    """
    critical: bool = True
    """Whether it counts for the platform's status, and how loud its alerts are."""
    alert: list[str] | None = None
    """Channels to tell; all of them when it is left out, none for []."""
    runbook: Annotated[str, AfterValidator(checks.runbook), Field(max_length=500)] | None = None
    """What to read when it is down: an address that stands in every message about it."""
    objective: Target | None = None
    """What share of the time it shall be good, over 30 days (docs/objectives.md). None unless
    asked for; `null` where `defaults` has one."""
    burn: list[BurnRule] = Field(DEFAULT_RULES, max_length=10)
    """When its error budget burns too fast; [] keeps the figures and tells nobody."""


class Endpoint(EndpointDefaults):
    """One thing to watch."""

    id: Name
    """Unique and stable: the alert's key and the verdict's name."""
    url: Annotated[str, AfterValidator(checks.endpoint_url)]
    """Where to ask."""
    chat: Chat | None = None
    """A synthetic conversation instead of a single request."""
    poll: Poll | None = None
    """What is accepted with a 202 is asked about until it is done."""
    signals: Signals | None = None
    """What the reply tells of the platform itself: its release, its restarts, its services."""

    @model_validator(mode="before")
    @classmethod
    def _talks_slowly_of_an_app(cls, written: Any) -> Any:
        talks = isinstance(written, dict) and written.get("chat")
        return with_own_defaults(written) if talks else written

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.timeout >= self.every:
            raise ValueError(
                f"timeout ({self.timeout:g}s) is not less than every ({self.every:g}s);"
                " shorten timeout or probe less often"
            )
        if self.expect.application is not None and self.about != "application":
            raise ValueError("expect.application is about an application; write about: application")
        if self.expect.within is not None and self.expect.within >= self.timeout:
            raise ValueError("expect.within is not less than timeout; nothing could ever be slow")
        for name, rate in self.breaker.rates():
            wrong = rate.unreachable(self.every)
            if wrong is not None:
                raise ValueError(f"breaker.{name}: {wrong}")
        return self

    @model_validator(mode="after")
    def _erosion_can_be_told(self) -> Self:
        wrong = self.objective and eroded(self.objective, self.burn, self.every)
        if wrong:
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _kinds_fit(self) -> Self:
        scheme = self.url.partition(":")[0].lower()
        if self.chat is None:
            if scheme not in ("http", "https"):
                raise ValueError(f"{scheme}:// is for conversations; write https://, or say chat:")
        else:
            self._talks(self.chat, scheme)
        if self.poll is not None and self.poll.every >= self.timeout:
            raise ValueError("poll.every is not less than timeout; it would be asked only once")
        return self

    def _talks(self, chat: Chat, scheme: str) -> None:
        """Check an endpoint that is a conversation. Raises ValueError."""
        soonest = min(self.breaker.confirm_after, self.breaker.reset_timeout)
        wrong = problem(
            chat, scheme=scheme, every=self.every, timeout=self.timeout, soonest=soonest
        )
        if wrong is not None:
            raise ValueError(wrong)
        if self.credential is None:
            raise ValueError("chat without credential; name the one with the app's chat key")
        if self.body is not None or self.method != "GET":
            raise ValueError("chat with a method or body of its own; a conversation has its own")
        if self.poll is not None:
            raise ValueError("chat and poll; an endpoint is one or the other")
        if self.signals is not None:
            raise ValueError("chat and signals; a conversation tells nothing of the platform")
