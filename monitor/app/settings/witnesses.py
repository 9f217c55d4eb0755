"""`witnesses:`: whom we ask whether our own network works."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from monitor.app import checks
from monitor.app.settings.part import Part, Positive

FEWEST = 3
"""Witnesses below this cannot tell their own trouble from ours."""


class Witness(Part):
    """One witness: exactly one of the four."""

    dns: Annotated[str, AfterValidator(checks.host_name)] | None = None
    """A name that must resolve."""
    tcp: Annotated[str, AfterValidator(checks.host_and_port)] | None = None
    """`HOST:PORT` that must take a connection."""
    tls: Annotated[str, AfterValidator(checks.host_and_port)] | None = None
    """`HOST:PORT` that must also prove to be HOST."""
    http: Annotated[str, AfterValidator(checks.url)] | None = None
    """A URL that must answer, whatever its status."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if len(self._named()) != 1:
            raise ValueError("not one witness; write one of dns, tcp, tls and http")
        return self

    def _named(self) -> list[tuple[str, str]]:
        named = ((kind, getattr(self, kind)) for kind in ("dns", "tcp", "tls", "http"))
        return [(kind, where) for kind, where in named if where is not None]

    @property
    def said(self) -> tuple[str, str]:
        """Its kind and where it is."""
        return self._named()[0]


class Witnesses(Part):
    """Whom we ask whether our own network works, when a probe gets no answer. Nobody by default."""

    ask: list[Witness] = Field([], max_length=20)
    """At least three, of different kinds and in different networks; none of them Omilia's."""
    quorum: int | None = Field(None, ge=2)
    """So many must answer; more than half of them when it is left out."""
    every: Positive = 60.0
    """How often they are asked while all is well."""
    timeout: Positive = 2.0
    """How long each may take, all at once; so long may a failing probe be held up."""

    @model_validator(mode="after")
    def _enough(self) -> Self:
        said = [one.said for one in self.ask]
        if said and len(said) < FEWEST:
            raise ValueError(
                f"{len(said)} cannot tell their own trouble from ours;"
                f" name at least {FEWEST}, or none"
            )
        if said and len({kind for kind, _ in said}) == 1:
            raise ValueError(
                f"all are {said[0][0]}, so that one cause silences them all; mix the kinds"
            )
        if len(set(said)) != len(said):
            raise ValueError("one stands there twice; its word must not count double")
        if self.quorum is not None and said and self.quorum >= len(said):
            raise ValueError(
                f"all {len(said)} would have to answer, and one that is away would blind us;"
                " make quorum smaller"
            )
        if self.timeout >= self.every:
            raise ValueError("timeout is not less than every; shorten it")
        return self

    @property
    def needed(self) -> int:
        """How many must answer."""
        return self.quorum or len(self.ask) // 2 + 1
