"""What a row of the table of paths says."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel

from monitor.web import models

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Shape = type[BaseModel] | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a question. `schema` is JSON Schema."""

    name: str
    description: str
    schema: Mapping[str, Any]
    where: Literal["query", "header"] = "query"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that a path can give: JSON in a shape, or text when there is none."""

    description: str
    shape: Shape = None
    media: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    """The data of each event, when the answer is a stream of them."""


@dataclass(frozen=True, slots=True)
class Route:
    """One path and one method of it; what can be read by GET can be asked for by HEAD too.

    What changes something names the `scope` that its caller's token needs, and the shape of the
    `body` that it takes (None: it takes none).
    """

    path: str
    handler: Handler
    summary: str
    answers: Mapping[int, Answer]
    parameters: tuple[Parameter, ...] = ()
    method: Literal["GET", "POST", "DELETE"] = "GET"
    scope: Literal["report", "operate"] | None = None
    body: Shape = None


def problem(description: str) -> Answer:
    """Make the answer that is a problem."""
    return Answer(description, models.ProblemModel, "application/problem+json")
