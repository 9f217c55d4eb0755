"""`access:`: who may change something over the HTTP API."""

from collections import Counter
from typing import Literal, Self

from pydantic import Field, model_validator

from alerts.config import Secret
from monitor.app.settings.part import Name, Part

SHORTEST = 16
"""Characters of a token: what is shorter can be guessed."""


class Token(Part):
    """A bearer token that somebody holds."""

    name: Name
    """Who holds it: it stands beside what was done with it."""
    value: Secret
    """The token, at least 16 characters."""
    scopes: list[Literal["report", "operate"]] = Field(min_length=1)
    """`report`: tell outcomes of real traffic. `operate`: all else that changes something."""

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        token = self.value.get_secret_value()
        if len(token) < SHORTEST:
            raise ValueError(f"the token is short; use at least {SHORTEST} random characters")
        if not token.isascii() or any(character <= " " for character in token):
            raise ValueError("the token has spaces or letters that a header cannot carry")
        return self


class Access(Part):
    """Who may change something over the API. Without a token nobody may."""

    tokens: list[Token] = []
    """Bearer tokens, each with what it is good for."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = Counter(token.name for token in self.tokens)
        values = Counter(token.value.get_secret_value() for token in self.tokens)
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            raise ValueError(f"two tokens are named {twice[0]!r}; give each a name of its own")
        if any(count > 1 for count in values.values()):
            raise ValueError("two tokens have the same value; nobody could tell who used it")
        return self
