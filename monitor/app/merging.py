"""One mapping of an endpoint's keys laid over another: the defaults', the catalogue's, its own."""

from typing import Any

_PART_BY_PART = ("expect", "breaker", "headers", "chat", "poll", "signals")


def laid_over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return both; what is over wins key by key, and in some keys part by part."""
    merged = {**under, **over}
    for key in _PART_BY_PART:
        if isinstance(under.get(key), dict) and isinstance(over.get(key), dict):
            merged[key] = {**under[key], **over[key]}
    return merged
