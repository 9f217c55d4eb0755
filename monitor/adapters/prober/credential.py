"""A credential as the prober holds it: what to send, and what must not come back."""

from collections.abc import Mapping

from monitor.adapters.prober.redaction import Redaction


class Credential:
    """The headers that a credential adds, and the redaction that hides their values."""

    __slots__ = ("headers", "names", "redaction")

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)
        self.names = tuple(headers)
        self.redaction = Redaction(headers.values()) if headers else None

    def hide(self, text: str) -> str:
        """Take this credential's values out of a text."""
        return self.redaction.text(text) if self.redaction else text
