"""Rules for single values. Each raises ValueError("what is wrong; what would be right")."""

import importlib.util
import re
import ssl
from datetime import datetime
from pathlib import Path
from typing import Any

import yarl
from pydantic import SecretStr

from monitor.adapters import assertions, calendars
from monitor.adapters.store import normalise

_TOKEN = re.compile(r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$")  # RFC 9110, 5.6.2
_LONGEST_LABEL = 63  # RFC 1035, 2.3.4


def url(value: str) -> str:
    """Check a URL that is asked over HTTP."""
    return _url(value, ("http", "https"))


def runbook(value: str) -> str:
    """Check an address that people follow, which may lead into a page; "" for none."""
    if value:
        _url(value.partition("#")[0], ("http", "https"))
    return value


def endpoint_url(value: str) -> str:
    """Check the URL of an endpoint, which may be a WebSocket's."""
    return _url(value, ("http", "https", "ws", "wss"))


def _url(value: str, schemes: tuple[str, ...]) -> str:
    if any(character <= " " or character == "\x7f" for character in value):
        raise ValueError("a URL has no spaces or control characters; write %20 for a space")
    try:
        parsed = yarl.URL(value)
        port = parsed.port
    except ValueError as error:
        raise ValueError(f"not a URL: {error}") from None
    if parsed.scheme not in schemes or not parsed.host:
        raise ValueError("not an absolute http or https URL; write https://host/path")
    if parsed.user or parsed.password:
        raise ValueError("a URL must not carry a user or password; name a credential instead")
    if parsed.fragment:
        raise ValueError("a URL that is asked for has no #fragment; leave it out")
    if port is None or not 0 < port < 65536:  # noqa: PLR2004  TCP's own limits
        raise ValueError("the port must be between 1 and 65535")
    if any(not 0 < len(label) <= _LONGEST_LABEL for label in parsed.host.rstrip(".").split(".")):
        raise ValueError("the host has an empty label, or one longer than 63 characters")
    return value


def host_name(value: str) -> str:
    """Check the name of a host: not an address, which needs no look-up."""
    try:
        url(f"http://{value}/")
        address = set(value) <= set("0123456789.")
    except ValueError:
        address = True
    if address or "/" in value or ":" in value:
        raise ValueError("not the name of a host; write example.org")
    return value


def host_and_port(value: str) -> str:
    """Check `HOST:PORT` of somebody else."""
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit():
        raise ValueError("not HOST:PORT; write example.org:443, or [::1]:443")
    url(f"http://{value}/")
    return value


def headers(value: dict[str, str]) -> dict[str, str]:
    """Check header names and values."""
    for name, text in value.items():
        if not _TOKEN.match(name):
            raise ValueError(f"{name!r} is not a header's name")
        if any(character in text for character in "\r\n\0"):
            raise ValueError(f"the value of {name} must be one line")
    return value


def certificates(value: str) -> str:
    """Check that a file holds certificates."""
    try:
        ssl.create_default_context(cafile=value)
    except (OSError, ValueError) as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else "no certificates"
        raise ValueError(f"{value}: {why}; name a file of certificates in PEM") from None
    return value


def json_paths(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """Check that the JSONPaths and schemas of an expectation compile."""
    assertions.json_checks(value or {})
    return value


def template(value: str) -> str:
    """Check an address with JSONPaths in it."""
    assertions.filler(value)
    return value


def json_path(value: str) -> str:
    """Check one JSONPath."""
    assertions.json_path(value)
    return value


def pattern(value: str) -> str:
    """Check a regular expression."""
    assertions.body_check(value)
    return value


def header_patterns(value: dict[str, str]) -> dict[str, str]:
    """Check the regular expressions for headers."""
    assertions.header_checks(value)
    return headers(value)


def listen(value: str) -> str:
    """Check `HOST:PORT`; port 0 lets the system choose."""
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004  TCP
        raise ValueError("not HOST:PORT; write 127.0.0.1:8080, or [::]:8080 for all addresses")
    return value


def store(value: str | SecretStr) -> str | SecretStr:
    """Check the URL of the store, that its driver is installed, and that it gives nothing away."""
    if isinstance(value, SecretStr):
        try:
            normalise(value.get_secret_value())
        except ValueError:
            raise ValueError("not a store; it should read postgresql://user@host/name") from None
        return value
    url = yarl.URL(value)
    if url.password or any("pass" in name for name in url.query):
        raise ValueError("a password is not written in the file; write store: {env: NAME}")
    normalise(value)
    return value


def moment(value: str) -> str:
    """Check a time with an offset."""
    try:
        exact = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        raise ValueError("not a time; write 2026-12-01T22:00:00+01:00") from None
    if not exact:
        raise ValueError("the time has no offset; write one, for example +01:00 or Z")
    return value


def timezone(value: str) -> str:
    """Check the name of a time zone."""
    calendars.zone_of(value)
    return value


def calendar(file: Path) -> str:
    """Check that a file holds a calendar that can be understood; return its path."""
    try:
        calendars.understand(calendars.text_of(file))
    except (calendars.FeedError, calendars.CalendarError) as error:
        raise ValueError(f"the file {file}: {error}") from None
    return str(file)


def feed(value: str | SecretStr) -> str | SecretStr:
    """Check the address of a calendar. One that is secret is not repeated."""
    if isinstance(value, SecretStr):
        if not value.get_secret_value().startswith(("http://", "https://", "webcal://")):
            raise ValueError("not the address of a calendar; it should read https://host/path")
        return value
    _url(value.replace("webcal://", "https://", 1), ("http", "https"))
    return value


def redis(value: str | SecretStr) -> str | SecretStr:
    """Check the URL of a Redis, that its driver is installed, and that it gives nothing away."""
    plain = value if isinstance(value, str) else value.get_secret_value()
    right = "write redis://host:6379/0, rediss://host:6379/0 or unix:///path/to.sock"
    try:
        url = yarl.URL(plain)
        where = url.path.strip("/") if url.scheme == "unix" else url.host and url.port != 0
    except ValueError:
        raise ValueError(f"not the URL of a Redis; {right}") from None
    if not where or url.scheme not in ("redis", "rediss", "unix"):
        raise ValueError(f"not the URL of a Redis; {right}")
    if isinstance(value, str) and (url.password or "password" in url.query):
        raise ValueError("a password is not written in the file; write url: {env: NAME}")
    if importlib.util.find_spec("redis") is None:
        raise ValueError("the mirror needs a driver; pip install omilia-monitor[redis]")
    return value
