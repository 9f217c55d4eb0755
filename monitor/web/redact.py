"""A URL that is safe to show: without user info, fragment and the values of secrets."""

import re
from functools import lru_cache
from urllib.parse import unquote_plus, urlsplit, urlunsplit

HIDDEN = "REDACTED"
"""What stands for a value that is not shown."""

_SECRET = re.compile(
    r"key|token|secret|passw|pwd|credential|signature|session|bearer|jwt|auth"
    r"|(?:^|[-_.])(?:pat|sig|code|pin)(?:$|[-_.])",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def safe_url(url: str) -> str:
    """Return the URL as it may be shown to anybody; what cannot be read is not shown at all."""
    try:
        scheme, netloc, path, query, _ = urlsplit(url)
    except ValueError:
        return HIDDEN
    shown = "&".join(_safe_pair(pair) for pair in query.split("&"))
    return urlunsplit((scheme, netloc.rpartition("@")[2], path, shown, ""))


def _safe_pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={HIDDEN}" if equals and _SECRET.search(unquote_plus(name)) else pair
