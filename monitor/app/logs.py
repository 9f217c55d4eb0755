"""Logging: named events with values, text on a terminal, JSON lines elsewhere, never a secret."""

import logging
import sys
from collections.abc import Iterable

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SHORTEST = 6
"""Secrets shorter than this are not searched for: they would be found in innocent words."""


class Redactor:
    """Replaces the secrets of the configuration wherever they turn up in a line."""

    def __init__(self) -> None:
        self._secrets: tuple[str, ...] = ()

    def know(self, secrets: Iterable[str]) -> None:
        """Look for these from now on; the longest first, so that parts of others do not show."""
        known = {secret for secret in secrets if len(secret) >= _SHORTEST}
        self._secrets = tuple(sorted(known, key=len, reverse=True))

    def clean(self, text: str) -> str:
        """Return the text without any known secret."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """Clean the strings of one event (a structlog processor)."""
        if not self._secrets:
            return event
        return {k: self.clean(v) if isinstance(v, str) else v for k, v in event.items()}


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
            structlog.dev.ConsoleRenderer(
                colors=terminal, exception_formatter=structlog.dev.plain_traceback
            )
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
