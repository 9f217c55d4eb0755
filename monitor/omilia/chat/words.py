"""Where the words of an app stand in what it sends: in several places, and not always."""

from collections.abc import Iterator, Mapping
from typing import Any

_OURS = "USER"


def words_of(event: Mapping[str, Any]) -> str:
    """Return what the app says in an event of a WebSocket; "" when it says nothing.

    The text stands in `utterance`, in `dialog_response.prompt.content` or `.masked_content`; a
    `dialog_response.ui_component` is a reply without words. Some variants put the greeting into
    the answer to the start, therefore whatever lies directly within is looked at too. What we said
    ourselves comes back as an echo with `source: USER`, and is none of the app's words.
    """
    if event.get("source") == _OURS:
        return ""
    return next(filter(None, map(_said, _within(event))), "")


def prompts_of(answer: Mapping[str, Any]) -> str:
    """Return the words of a REST answer: the first `responses[].prompts[].content` with text."""
    for response in _dicts(answer.get("responses")):
        for prompt in _dicts(response.get("prompts")):
            if content := _text(prompt.get("content")):
                return content
    return ""


def _within(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield event
    for value in event.values():
        yield from _dicts(value)


def _said(event: Mapping[str, Any]) -> str:
    if event.get("source") == _OURS:
        return ""
    by_app = event.get("source") is not None or event.get("type") is None
    return (_text(event.get("utterance")) if by_app else "") or _response(event)


def _response(event: Mapping[str, Any]) -> str:
    for response in _dicts(event.get("dialog_response")):
        for prompt in _dicts(response.get("prompt")):
            if text := _text(prompt.get("content")) or _text(prompt.get("masked_content")):
                return text
        if response.get("ui_component"):
            return "(a ui_component)"
    return ""


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, dict):
        return [value]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
