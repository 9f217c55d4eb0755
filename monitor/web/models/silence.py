"""Shapes of silences, and what is said to make one: in Alertmanager's words, or in ours."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from monitor.core.matchers import LONGEST as LONGEST_MATCHER
from monitor.core.matchers import Matcher, made, matcher
from monitor.core.silence import LONGEST, MOST_MATCHERS, is_about_something
from monitor.web.models.length import LENGTH, seconds_of
from monitor.web.models.model import Model

_FLAGS = {"isRegex": "is_regex", "isEqual": "is_equal"}
_USUAL: dict[Any, Any] = {"is_regex": False, "is_equal": True}


class SilenceModel(Model):
    """A silence: of the incidents whose labels match all of its matchers, for a while."""

    id: str
    state: Literal["pending", "active", "expired"]
    matchers: list[str]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    """Who made it, as they say, or the name of a token."""
    comment: str
    expired_by: str
    """Who ended it early; empty when nobody did."""
    incidents: list[str]
    """The open incidents that it is about now; none while it is not active."""


class SilencesModel(Model):
    """Silences: active, then pending, then expired ones, by what is next to happen to them."""

    silences: list[SilenceModel]


def _matcher(said: Any) -> Matcher:
    """Read a matcher: text, or Alertmanager's object. Raises ValueError."""
    if isinstance(said, str):
        return matcher(said)
    if not isinstance(said, Mapping):
        raise ValueError('a matcher is a text like severity="critical", or an object')  # noqa: TRY004  pydantic's
    given: dict[Any, Any] = {_FLAGS.get(name, name): value for name, value in said.items()}
    match _USUAL | given:
        case {
            "name": str(name),
            "value": str(value),
            "is_regex": bool(is_regex),
            "is_equal": bool(is_equal),
            **others,
        } if not others:
            return made(name, value, is_regex=is_regex, is_equal=is_equal)
    raise ValueError("a matcher has a name, a value, isRegex and isEqual, and nothing else")


def _length(said: Any) -> float:
    """Read how long it takes, in seconds. Raises ValueError."""
    is_length = isinstance(said, str | int | float) and not isinstance(said, bool)
    if not is_length or (isinstance(said, str) and re.fullmatch(LENGTH, said) is None):
        raise ValueError("write a length as 2h, or in seconds")
    if not 0 < seconds_of(said) <= LONGEST.total_seconds():
        raise ValueError(f"it lasts longer than {LONGEST.days} days, or no time at all")
    return seconds_of(said)


def _about_something(matchers: list[Matcher]) -> list[Matcher]:
    if not is_about_something(matchers):
        raise ValueError("one matcher must ask for a label to be there, and not match an empty one")
    return matchers


_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "maxLength": LONGEST_MATCHER, "examples": ['severity="critical"']},
        {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "value": {"type": "string"},
                "isRegex": {"type": "boolean", "default": False},
                "isEqual": {"type": "boolean", "default": True},
            },
            "required": ["name", "value"],
            "additionalProperties": False,
        },
    ]
}
_Length = Annotated[
    float,
    PlainValidator(_length),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": LENGTH}, {"type": "number"}]}),
]
_Asked = Annotated[Matcher, PlainValidator(_matcher), WithJsonSchema(_SCHEMA)]


class SilencingModel(Model):
    """A silence to make. Alertmanager's own names (`startsAt`, `isRegex`) are understood too."""

    model_config = ConfigDict(strict=True)

    matchers: Annotated[
        list[_Asked],
        Field(min_length=1, max_length=MOST_MATCHERS),
        AfterValidator(_about_something),
    ]
    """What labels must be; all must match: as text, or as `{name, value, isRegex, isEqual}`."""
    starts_at: AwareDatetime | None = Field(
        None, validation_alias=AliasChoices("starts_at", "startsAt")
    )
    """Now, when it is left out or past."""
    ends_at: AwareDatetime | None = Field(None, validation_alias=AliasChoices("ends_at", "endsAt"))
    """When it ends; or how long it takes:"""
    duration: _Length | None = None
    """From its beginning: `2h`, or seconds."""
    comment: str = Field(max_length=300, pattern=r"\S")
    """Why, for people."""
    created_by: str = Field(
        "", max_length=100, validation_alias=AliasChoices("created_by", "createdBy", "by")
    )
    """Who; the name of the token when it is left out."""

    @model_validator(mode="after")
    def _says_when_it_ends(self) -> Self:
        if (self.ends_at is None) == (self.duration is None):
            raise ValueError("say when it ends: either ends_at or duration")
        return self

    def within(self, now: datetime) -> tuple[datetime, datetime]:
        """Return from when to when it lasts, when it is made at `now`."""
        start = max((self.starts_at or now).astimezone(now.tzinfo), now)
        if self.ends_at is not None:
            return start, self.ends_at.astimezone(now.tzinfo)
        return start, start + timedelta(seconds=self.duration or 0.0)
