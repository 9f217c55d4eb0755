"""Secrets that were sent, taken out of what came back before anybody sees it."""

import binascii
import json
from base64 import b64decode
from collections.abc import Iterable, Mapping
from urllib.parse import quote

HIDDEN = "***"
SHORTEST = 4
"""Characters; what is shorter is no secret, and replacing it would damage innocent text."""

_SCHEMES = ("bearer ", "basic ", "token ", "apikey ", "digest ")


class Redaction:
    """Replaces the values of credential headers, however they are written, by `***`."""

    __slots__ = ("_bytes", "_texts")

    def __init__(self, values: Iterable[str]) -> None:
        texts = {form for value in values for secret in _secrets(value) for form in _forms(secret)}
        # The longest first: one form may be a part of another.
        self._texts = sorted(texts, key=len, reverse=True)
        self._bytes = [text.encode("utf-8", "surrogateescape") for text in self._texts]

    def text(self, text: str) -> str:
        """Take the secrets out of a text."""
        for secret in self._texts:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        return text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Take the secrets out of the values of headers."""
        return {name: self.text(value) for name, value in headers.items()}

    def body(self, body: bytes, *, cut: bool = False) -> bytes:
        """Take the secrets out of a body; of one that was cut, also the beginning of one."""
        for secret in self._bytes:
            if secret in body:
                body = body.replace(secret, HIDDEN.encode())
        return self._without_stub(body) if cut else body

    def _without_stub(self, body: bytes) -> bytes:
        """Remove a secret's beginning from the end of a body."""
        for secret in self._bytes:
            for length in range(len(secret) - 1, SHORTEST - 1, -1):
                if body.endswith(secret[:length]):
                    return body[:-length]
        return body


NOTHING = Redaction(())


def _secrets(value: str) -> list[str]:
    """Find what is secret in a header's value: not the scheme, but what a scheme encodes too."""
    for scheme in _SCHEMES:
        if value.lower().startswith(scheme):
            rest = value[len(scheme) :].strip()
            return [rest, *_password(rest)] if scheme == "basic " else [rest]
    return [value]


def _password(encoded: str) -> list[str]:
    """Return the password in the value of a Basic authorization (RFC 7617)."""
    try:
        _, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return []
    return [password]


def _forms(secret: str) -> set[str]:
    """Return the ways in which an answer may spell a secret: plain, in JSON, in a URL."""
    if len(secret) < SHORTEST:
        return set()
    escaped = json.dumps(secret)[1:-1]
    return {secret, escaped, escaped.replace("/", "\\/"), quote(secret, safe=""), quote(secret)}
