"""What the network did: a `Reply`, or a `NoReply` with the kind of fault that prevented one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.core.category import Category


class Phase(StrEnum):
    """The parts of a request, in the order in which they happen."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    FIRST_BYTE = "first_byte"
    TRANSFER = "transfer"


class Fault(StrEnum):
    """Why there is no reply: a bounded set, fit for a metric's label."""

    DNS = "dns"
    """The name does not resolve, or is not one."""
    CONNECT = "connect"
    """Refused, unreachable, reset while connecting."""
    TLS = "tls"
    """The handshake failed: certificate, host name, or not TLS at all."""
    TIMEOUT = "timeout"
    """Time ran out; `NoReply.phase` says in which phase."""
    DISCONNECTED = "disconnected"
    """The connection closed or was reset before a complete head of a reply."""
    PROTOCOL = "protocol"
    """What came is not HTTP: bad status line, headers, chunks, encoding."""
    TRUNCATED = "truncated"
    """The body ended before its announced end."""
    TOO_LARGE = "too_large"
    """The body or the head exceeds what we are willing to read."""
    REDIRECTS = "redirects"
    """More redirects than the endpoint allows, or one that leads nowhere."""


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds spent in each phase; None where a phase did not happen.

    A pooled connection has no resolve, connect or tls. A request that failed has the phase that it
    failed in, with the time until the failure, and none after it. Over a WebSocket `first_byte` is
    the handshake's answer, and `transfer` the conversation.
    """

    resolve: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    transfer: float | None = None

    def __add__(self, other: "Phases") -> "Phases":
        """Add up two exchanges of one conversation."""
        return Phases(
            _sum(self.resolve, other.resolve),
            _sum(self.connect, other.connect),
            _sum(self.tls, other.tls),
            _sum(self.first_byte, other.first_byte),
            _sum(self.transfer, other.transfer),
        )


def _sum(one: float | None, other: float | None) -> float | None:
    return (one or 0.0) + other if other is not None else one


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a probe that is more than one request: what it was, and the seconds it took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong although every status is good, as the words of a conversation tell.

    `detail` is for people; what was said is safe to show. `retry_after` is in seconds.
    `application`: an application is at fault, not the platform.
    """

    category: Category
    detail: str
    retry_after: float | None = None
    application: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, read to its end (or, for an error status, as far as it could be read).

    `headers` have lower-case names; `body` is never longer than the endpoint's `max_body` and has
    the endpoint's own secrets replaced. `latency` is the whole exchange in seconds. Of several
    requests, or of a WebSocket (status 101), it is the last answer, after these `steps`.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    latency: float = 0.0
    phases: Phases = Phases()
    certificate_expiry: float | None = None
    """The earliest `notAfter` of the server's certificate, Unix seconds; None without TLS."""
    steps: tuple[Step, ...] = ()
    complaint: Complaint | None = None


@dataclass(frozen=True, slots=True)
class NoReply:
    """No answer: what went wrong (bounded), in which phase, and a sentence for people."""

    fault: Fault
    detail: str = ""
    phase: Phase | None = None
    latency: float = 0.0
    phases: Phases = Phases()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing was asked, because what the question needs could not be had: a token, above all.

    Or what was answered says nothing, because something that it needs is not as it should be.
    `by` names it (`credential iam`), `detail` says why, in a sentence that is safe to show.
    """

    by: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The end of a line: the other side's close code and reason (RFC 6455, 7.4), or a fault.

    `reason` is for people, and safe to show.
    """

    code: int | None
    reason: str = ""
    fault: Fault = Fault.DISCONNECTED


Exchange = Reply | NoReply | NotSent
