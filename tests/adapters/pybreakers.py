"""A bare pybreaker in a test's hands."""

from typing import Any

import pybreaker
import pytest


class BoomError(Exception):
    pass


class RefusedError(Exception):
    pass


class Heard(pybreaker.CircuitBreakerListener):
    """Notes what a breaker says, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def before_call(self, *_: Any, **__: Any) -> None:
        self.said.append("before")

    def failure(self, *_: Any) -> None:
        self.said.append("failure")

    def success(self, *_: Any) -> None:
        self.said.append("success")

    def state_change(self, _: Any, old_state: Any, new_state: Any) -> None:
        self.said.append(f"{old_state.name}>{new_state.name}")


def boom() -> None:
    raise BoomError


def refuse() -> None:
    raise RefusedError


def fine() -> None:
    return None


def make(state: str = pybreaker.STATE_CLOSED, **kwargs: Any) -> pybreaker.CircuitBreaker:
    kwargs.setdefault("throw_new_error_on_trip", False)
    kwargs.setdefault("state_storage", pybreaker.CircuitMemoryStorage(state))
    return pybreaker.CircuitBreaker(**kwargs)


def fail(breaker: pybreaker.CircuitBreaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(BoomError):
            breaker.call(boom)
