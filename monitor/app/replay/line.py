"""A recorded outcome as a line of JSON: what `replay --export` writes, and what it reads."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from monitor.core.category import EFFECTS, Category, Effect
from monitor.core.exchange import Fault, Phase
from monitor.core.outcome import Outcome


class UnreadableError(Exception):
    """The record cannot be read; the words say where and why."""


class Line(BaseModel):
    """One line. `at` is when it was judged; the effect follows from the category when left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str = Field(min_length=1)
    at: AwareDatetime
    due: AwareDatetime | None = None
    category: Category
    effect: Effect | None = None
    status: int | None = None
    fault: Fault | None = None
    phase: Phase | None = None
    detail: str = ""
    latency: float | None = Field(None, ge=0)
    retry_after: float | None = Field(None, ge=0)
    application: bool = False

    def outcome(self) -> Outcome:
        """Return what it says."""
        return Outcome(
            endpoint=self.endpoint,
            due=self.due or self.at,
            at=self.at,
            category=self.category,
            effect=self.effect or EFFECTS[self.category],
            status=self.status,
            fault=self.fault,
            phase=self.phase,
            detail=self.detail,
            latency=self.latency,
            retry_after=self.retry_after,
            application=self.application,
        )


def written(outcome: Outcome) -> str:
    """Write an outcome as a line, without what it does not have."""
    line = Line(
        endpoint=outcome.endpoint,
        at=outcome.at,
        due=outcome.due,
        category=outcome.category,
        effect=None if outcome.effect is EFFECTS[outcome.category] else outcome.effect,
        status=outcome.status,
        fault=outcome.fault,
        phase=outcome.phase,
        detail=outcome.detail,
        latency=outcome.latency,
        retry_after=outcome.retry_after,
        application=outcome.application,
    )
    return line.model_dump_json(exclude_defaults=True)


def read_lines(file: Path) -> list[Outcome]:
    """Read a file, whatever the order of its lines. Raises UnreadableError."""
    try:
        with file.open(encoding="utf-8") as lines:
            outcomes = list(_outcomes(lines, str(file)))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise UnreadableError(f"{file} cannot be read: {why}") from error
    return sorted(outcomes, key=lambda one: one.at)


def _outcomes(lines: Iterator[str], shown: str) -> Iterator[Outcome]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield Line.model_validate_json(line).outcome()
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"])) or "the line"
            raise UnreadableError(f"{shown}, line {number}: {place}: {first['msg']}") from None
