"""Logging: named events with values, text on a terminal, JSON lines elsewhere, never a secret."""

import logging
import sys
from collections import deque
from collections.abc import Iterable
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from monitor.core.naming import names_a_secret, without_named
from monitor.core.redaction import HIDDEN, NOTHING, Redaction

_SHORTEST = 6
"""Secrets shorter than this are not searched for: they would be found in innocent words."""
_MOST_LEARNT = 64
"""Answers of token servers that are remembered."""


class Redactor:
    """Replaces secrets wherever they turn up in a line.

    It knows those of the configuration, the newest that token servers gave out, and the names under
    which others keep theirs.
    """

    def __init__(self) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._known = NOTHING
        self._learnt: deque[Redaction] = deque(maxlen=_MOST_LEARNT)

    def know(self, secrets: Iterable[str]) -> None:
        """Look for these from now on."""
        self._secrets = frozenset(secret for secret in secrets if len(secret) >= _SHORTEST)
        self._known = Redaction(self._secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Look for these too."""
        self.know(self._secrets.union(secrets))

    def learn(self, secrets: Iterable[str]) -> None:
        """Look for these too, until many others have come: what was given out lives shortly."""
        self._learnt.append(Redaction(secret for secret in secrets if len(secret) >= _SHORTEST))

    def clean(self, text: str) -> str:
        """Return the text without any secret that is known or learnt."""
        text = self._known.text(text)
        for redaction in self._learnt:
            text = redaction.text(text)
        return text

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """Clean the strings of one event (a structlog processor)."""
        return {name: self._value(name, value) for name, value in event.items()}

    def _value(self, name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return HIDDEN if names_a_secret(name) else self.clean(without_named(value))


redactor = Redactor()


def set_up(level: str = "info", form: str = "auto") -> None:
    """Send every library's and our own log lines to standard error."""
    terminal = sys.stderr.isatty()
    as_text = form == "text" or (form == "auto" and terminal)
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        [
            redactor,
            structlog.dev.ConsoleRenderer(
                colors=terminal, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
        if as_text
        else [structlog.processors.format_exc_info, redactor, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *last,
                lambda _, __, line: redactor.clean(str(line)),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("aiohttp.access", "aiosqlite", "alembic", "asyncio", "sqlalchemy"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
