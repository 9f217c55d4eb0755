"""What can be seen, and what it does to a breaker: the words of the table in `outcome`."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Category(StrEnum):
    """What was seen. Bounded: it is a metric's label and part of the HTTP contract."""

    OK = "ok"
    SLOW = "slow"
    IMPAIRED = "impaired"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    UNREACHABLE = "unreachable"
    UNEXPECTED = "unexpected"
    REQUEST_FAILED = "request_failed"
    CREDENTIAL = "credential"
    LICENCE = "licence"
    PERMISSION = "permission"
    MISCONFIGURED = "misconfigured"
    BLOCKED = "blocked"


class About(StrEnum):
    """What an endpoint speaks of: the platform, or one application that runs on it."""

    PLATFORM = "platform"
    APPLICATION = "application"


class Effect(StrEnum):
    """What an outcome does to the breaker. Neutral is neither: it never reaches it."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"


EFFECTS: Mapping[Category, Effect] = MappingProxyType(
    {
        Category.OK: Effect.SUCCESS,
        Category.SLOW: Effect.SUCCESS,
        Category.IMPAIRED: Effect.SUCCESS,
        Category.THROTTLED: Effect.FAILURE,
        Category.SERVER_ERROR: Effect.FAILURE,
        Category.UNREACHABLE: Effect.FAILURE,
        Category.UNEXPECTED: Effect.FAILURE,
        Category.REQUEST_FAILED: Effect.NEUTRAL,
        Category.CREDENTIAL: Effect.NEUTRAL,
        Category.LICENCE: Effect.NEUTRAL,
        Category.PERMISSION: Effect.NEUTRAL,
        Category.MISCONFIGURED: Effect.NEUTRAL,
        Category.BLOCKED: Effect.NEUTRAL,
    }
)
