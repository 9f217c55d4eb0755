"""Where a redirect leads: the next request, or the reason why there is none."""

from dataclasses import dataclass, field

from multidict import CIMultiDict
from yarl import URL

from monitor.adapters.prober.errors import RedirectError

_GET_AFTER = {301: {"POST"}, 302: {"POST"}}
"""Statuses after which some methods become GET (RFC 9110, 15.4.2 and 15.4.3)."""
_FOLLOWED = frozenset({301, 302, 303, 307, 308})
_OF_A_BODY = ("content-type", "content-length", "content-encoding", "transfer-encoding")
_PERSONAL = ("authorization", "cookie", "proxy-authorization")


@dataclass(slots=True)
class Hop:
    """One request of a chain: what is sent, and where."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    body: bytes | None = None
    seen: set[tuple[str, str]] = field(default_factory=set)
    """The methods and addresses that the chain has been at."""


def redirects(status: int) -> bool:
    """Tell whether a status asks to go elsewhere. 300 and 304 do not."""
    return status in _FOLLOWED


def follow(hop: Hop, status: int, location: str | None, secrets: tuple[str, ...]) -> Hop:
    """Return the next request of the chain.

    The headers named in `secrets` stay behind when the scheme, host or port changes. Raises
    RedirectError for a loop, or when the location is missing or not an address to ask.
    """
    url = _target(hop.url, location)
    method, body, headers = hop.method, hop.body, hop.headers.copy()
    if (status == 303 and method != "HEAD") or method in _GET_AFTER.get(status, ()):  # noqa: PLR2004  "See Other"
        method, body = "GET", None
        _remove(headers, _OF_A_BODY)
    if url.origin() != hop.url.origin():
        _remove(headers, (*_PERSONAL, *secrets))
    seen = hop.seen | {(hop.method, str(hop.url))}
    if (method, str(url)) in seen:
        raise RedirectError("a redirect loop")
    return Hop(method, url, headers, body, seen)


def _target(base: URL, location: str | None) -> URL:
    """Read a Location (RFC 9110, 10.2.2), which may be relative. A name in it is not used."""
    if not location:
        raise RedirectError("a redirect without a location")
    try:
        url = base.join(URL(location)).with_fragment(None)
        if url.scheme not in ("http", "https"):
            raise RedirectError("a redirect to an address that is not http")
        if not url.host:
            raise RedirectError("a redirect to an address without a host")
        return url.with_user(None)
    except ValueError as error:
        raise RedirectError("a redirect to what is no address") from error


def _remove(headers: CIMultiDict[str], names: tuple[str, ...]) -> None:
    """Remove headers, in place."""
    for name in names:
        headers.popall(name, None)
