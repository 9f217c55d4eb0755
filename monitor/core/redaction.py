"""Secrets that were sent, taken out of what came back before anybody sees it."""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

HIDDEN = "***"
SHORTEST = 4
"""Characters; what is shorter is no secret, and replacing it would damage innocent text."""
SHORTEST_ENCODED = 8
"""Characters of a secret whose base64 is looked for: less would be found by chance."""

_SCHEMES = ("bearer ", "basic ", "token ", "apikey ", "digest ")


class Redaction:
    """Replaces secrets, however they are written, by `***`.

    A value may be that of a header: its scheme is no secret, and what a scheme encodes is one.
    """

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

    def headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Take the secrets out of the values of headers."""
        if not self._texts:
            return headers
        together = "\n".join(headers.values())
        if not any(secret in together for secret in self._texts):
            return headers
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
            return [rest, *_password(rest)] if scheme == "basic " else [rest, *_inside(rest)]
    return [value, *_inside(value)]


def _password(encoded: str) -> list[str]:
    """Return the password in the value of a Basic authorization (RFC 7617)."""
    try:
        _, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return []
    return [password]


def _inside(key: str) -> list[str]:
    """Return the secret in a chat key, which is base64 of JSON with an `access_key`."""
    try:
        told = json.loads(b64decode(key + "=" * (-len(key) % 4), validate=True))
    except (ValueError, RecursionError):
        return []
    inner = told.get("access_key") if isinstance(told, dict) else None
    return [inner] if isinstance(inner, str) else []


def _forms(secret: str) -> set[str]:
    """Return the ways in which an answer may spell a secret: plain, JSON, URL, base64."""
    if len(secret) < SHORTEST:
        return set()
    in_urls = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    once = {_escaped(secret), _escaped(secret, ascii_only=False)}
    twice = {_escaped(text) for text in once}  # JSON that is quoted in JSON
    in_json = {form for text in once | twice for form in (text, text.replace("/", "\\/"))}
    return {secret, *in_json, *in_urls, *_encoded(secret)}


def _escaped(text: str, *, ascii_only: bool = True) -> str:
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _encoded(secret: str) -> set[str]:
    """Return what base64 makes of a secret, wherever in the encoded text it begins.

    The characters at both ends also depend on what stands beside it, and are left out.
    """
    if len(secret) < SHORTEST_ENCODED:
        return set()
    raw = secret.encode("utf-8", "surrogateescape")
    found = set()
    for before in range(3):
        whole = b64encode(bytes(before) + raw)
        begin, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        inner = whole[begin:end].decode()
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found
