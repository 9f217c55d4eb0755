"""Secrets that are known by the name they stand under, whoever's they are.

The names are those under which Omilia and Keycloak keep secrets. A stranger's token in an error
message is nobody's business either.
"""

import re

from monitor.core.redaction import HIDDEN

_NAMES = (
    r"(?:proxy-)?authorization|x-ocp-personal-access-token|(?:api|access)[-_]?key|(?:set-)?cookie"
    r"|(?:live|deployed|access|refresh|id|auth|bearer|session)[-_]?token|token"
    r"|(?:client[-_]?)?secret|otp|passw(?:or)?d|pwd"
)
# A name, what separates it from its value (in headers, JSON, forms, URLs, tags, lists), a scheme.
_NAMED = re.compile(
    rf"(?<![a-z0-9])(?P<name>{_NAMES})"
    r"(?P<between>[\"'\\]{0,4}\s{0,4}(?:[:=]>?|>|%3[ad]|,(?=\s?[\"']))\s{0,4}[\"'\\\[(]{0,4})"
    r"(?P<scheme>(?:bearer|basic|digest|token)\s{1,4})?"
    r"[^\s\"'&,;<>\\)\]}]+",
    re.IGNORECASE,
)
# What gives itself away without a name: a JSON Web Token (RFC 7519), and what is borne.
_BARE = re.compile(r"\beyJ[\w-]{6,}\.[\w-]{2,}(?:\.[\w-]*)?")
_BORNE = re.compile(r"\b(bearer\s{1,4})(?=\S{0,40}\d)[\w.~+/=-]{8,}", re.IGNORECASE)


def without_named(text: str) -> str:
    """Take out of a text whatever stands under the name of a secret."""
    text = _NAMED.sub(_hidden, text)
    return _BORNE.sub(rf"\1{HIDDEN}", _BARE.sub(HIDDEN, text))


def _hidden(found: re.Match[str]) -> str:
    return f"{found['name']}{found['between']}{found['scheme'] or ''}{HIDDEN}"


def names_a_secret(name: str) -> bool:
    """Tell whether a name is exactly one under which secrets are kept."""
    return _WHOLE.fullmatch(name) is not None


_WHOLE = re.compile(_NAMES, re.IGNORECASE)
