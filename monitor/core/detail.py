"""What an error body says, in one short line that is safe to show.

Omilia's APIs answer errors in at least five shapes (Environments Manager, FastAPI's validation,
Orchestrator's Django REST, Metrics, Keycloak, and the `error_message` of chats and bridges). The
status decides how an answer is judged; this only finds the words that help a person.
"""

import json
import re
from typing import Any

from monitor.core.naming import without_named

LONGEST = 300
"""Characters of explanation that are kept."""
READ = 16_384
"""Bytes of a body that are looked at."""
_DEPTH = 8
"""How deep a nested error is followed."""

_SENTENCES = ("title", "detail", "message", "msg", "error_message", "error_description")
_CODES = ("error", "error_code", "code", "type")
_LISTS = ("errors", "detail", "node_errors")
# Neither branch looks past the next tag of its kind, so that no body takes more than one pass.
_TAGS = re.compile(
    r"<(script|style)\b[^<]*(?:<(?!/?(?:script|style)\b)[^<]*)*</\1>|<[^<>]*>", re.IGNORECASE
)
_BLANKS = re.compile(r"[\s\x00-\x1f\ufffd]+")
_LICENCES = re.compile(rb"licen[cs]e", re.IGNORECASE)


def mentions_licences(body: bytes) -> bool:
    """Tell Omilia's "No available licenses" from a missing permission (both are 403)."""
    return _LICENCES.search(body, 0, READ) is not None


def one_line(text: str) -> str:
    """Make text safe to show: one printable line of at most LONGEST characters, without secrets.

    Control characters, lone surrogates, characters that turn the direction of writing and the like
    become spaces: what a stranger sent ends up in terminals, pages and messages.
    """
    line = without_named(_BLANKS.sub(" ", text)).strip()
    if len(line) > LONGEST:
        line = line[: LONGEST - 1].rstrip() + "…"
    if line.isprintable():
        return line
    return " ".join("".join(c if c.isprintable() else " " for c in line).split())


def explain(body: bytes) -> str:
    """Return what an error body says, at most LONGEST characters, on one line; "" when nothing."""
    text = body[:READ].decode("utf-8", "replace").strip()
    if text[:1] in "{[":
        try:
            found = _sentences(json.loads(text), _DEPTH)
        except (ValueError, RecursionError):
            pass  # not JSON after all, or cut in the middle: show it as text
        else:
            return one_line("; ".join(dict.fromkeys(found)))
    return one_line(_TAGS.sub(" ", without_named(text)))


def _sentences(value: Any, depth: int) -> list[str]:
    """Collect the sentences of an error object, the outermost first."""
    if depth == 0:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [said for item in value[:5] for said in _sentences(item, depth - 1)]
    if not isinstance(value, dict):
        return []
    found = _own_words(value)
    for key in _LISTS:
        if isinstance(value.get(key), list | dict):
            found += _sentences(value[key], depth - 1)
    return found or _field_errors(value)


def _own_words(value: dict[str, Any]) -> list[str]:
    """Read one object's own sentences, with the code and the place that they belong to."""
    words = [value[key] for key in _SENTENCES if isinstance(value.get(key), str) and value[key]]
    codes = [str(value[key]) for key in _CODES if isinstance(value.get(key), str | int)]
    codes = [code for code in codes if code not in words and code not in ("", "True", "False")]
    place = value.get("source") or value.get("loc")
    if isinstance(place, list):
        place = ".".join(str(part) for part in place)
    sentence = ": ".join(words)
    if codes:
        sentence = f"{sentence} ({', '.join(codes)})" if sentence else ", ".join(codes)
    if sentence and isinstance(place, str) and place:
        sentence = f"{sentence} at {place}"
    return [sentence] if sentence else []


def _field_errors(value: dict[str, Any]) -> list[str]:
    """Read Django REST's `{"name": ["Invalid app name."]}`."""
    return [
        f"{field}: {complaints[0]}"
        for field, complaints in list(value.items())[:5]
        if isinstance(complaints, list) and complaints and isinstance(complaints[0], str)
    ]
