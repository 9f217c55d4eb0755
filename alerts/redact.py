"""Takes secrets out of text that comes from elsewhere, before anybody keeps or prints it."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_SHORTEST = 6
"""Shorter pieces are words, not tokens; hiding them would only make texts unreadable."""
_LONGEST = 200
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class Redactor:
    """Knows a channel's secrets; hides them and every part of its URL that may be one."""

    def __init__(self, url: str, secrets: Iterable[str] = ()) -> None:
        parsed = urlsplit(url)
        pieces = {url, parsed.netloc, parsed.path, parsed.query, f"{parsed.path}?{parsed.query}"}
        pieces |= set(re.split(r"[/?&=#;]", f"{parsed.path}?{parsed.query}"))
        pieces |= {parsed.username or "", parsed.password or ""}
        for secret in secrets:
            pieces |= {secret, secret.removeprefix("whsec_"), secret.removeprefix("Bearer ")}
        known = sorted((p for p in pieces if len(p) >= _SHORTEST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def clean(self, text: str) -> str:
        """Return text on one short line, without markup and without secrets."""
        if self._known is not None:
            text = self._known.sub("***", text)
        text = _TAGS.sub(" ", text)
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"
