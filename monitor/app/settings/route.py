"""`routes:`: who is told of what, in which order, and how often again."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from alerts.config import Duration
from monitor.app.settings.part import Part, Positive
from monitor.core.labels import LABELS
from monitor.core.matchers import matcher


def _is_matcher(value: str) -> str:
    matcher(value)
    return value


def _or_text(schema: dict[str, Any]) -> None:
    schema["anyOf"].insert(0, {"type": "string"})


class Step(Part):
    """Some channels, at once or later."""

    channels: list[str] = Field(min_length=1)
    """Whom to tell."""
    after: Duration = 0.0
    """How long after the beginning."""
    unless: Literal["acked"] | None = None
    """`acked`: not while somebody has taken the incident."""
    unless_told: str | None = None
    """Only when this other channel has not taken the news by then: a fallback."""


def _is_label(value: str) -> str:
    if value not in LABELS:
        raise ValueError(f"not a label: {value}; known: {', '.join(LABELS)}")
    return value


Label = Annotated[str, AfterValidator(_is_label), WithJsonSchema({"enum": list(LABELS)})]
"""A label that an incident has."""


class Fallback(Part):
    """Another channel, for when the first one does not take the news."""

    channel: str
    """Whom to tell then: a channel of another kind."""
    after: Positive = 120.0
    """How long the first channel has to take it, from when it is its turn."""

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {"channel": value} if isinstance(value, str) else value


class Route(Part):
    """What is told to whom. The first route that matches is taken."""

    match: list[Annotated[str, AfterValidator(_is_matcher)]] = []
    """What labels must be, in Alertmanager's words: `severity="critical"`, `group=~"chat.*"`."""
    steps: list[Step] = []
    """Who is told, step by step; nobody when there is none."""
    fallback: Fallback | None = Field(None, json_schema_extra=_or_text)
    """Who is told when the first channel of the first step has not taken the news within two
    minutes: a channel, or `{channel: mail, after: 5m}`."""
    remind: Positive | None = None
    """After how long it is said that it still goes on, each time after twice as long; never when it
    is left out."""
    group_by: list[Label] = []
    """What incidents have in common that are told as one; each by itself when it is empty."""
    group_wait: Annotated[Duration, Field(ge=0, le=600)] = 10.0
    """How long the first news of a group waits for others to join."""
    group_interval: Annotated[Duration, Field(ge=0, le=86_400)] = 300.0
    """How long after it was told of a group a channel hears that some joined or left it. That it is
    worse, and that all are over, is told at once."""
    continue_: bool = Field(False, alias="continue")
    """Whether further routes are looked at, too."""

    @model_validator(mode="after")
    def _waits_for_somebody(self) -> Self:
        waits = {"group_wait", "group_interval"} & self.model_fields_set
        if waits and not self.group_by:
            raise ValueError(f"{min(waits)} means nothing without group_by")
        return self
