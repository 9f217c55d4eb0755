"""`templates:` of a channel: its operator's own words for a title, for short, and for a body."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo, model_validator

from alerts.config import Part
from alerts.templates import LIMITS, NotUnderstood, check


class _File(str):
    """The path of a template, with what was in the file when it was read."""

    __slots__ = ("text",)
    text: str


def _understood(part: str, source: str) -> None:
    """Check a template. Raises ValueError, which says where in it what is wrong."""
    try:
        check(part, source)
    except NotUnderstood as error:
        where = f"line {error.line}: " if error.line else ""
        right = f"; {error.right}" if error.right else ""
        raise ValueError(f"{where}{error.wrong}{right}") from None


def _inline(part: str) -> Callable[[str], str]:
    def checked(source: str) -> str:
        _understood(part, source)
        return source

    return checked


def _read(part: str) -> Callable[[str, ValidationInfo], str]:
    """Find a file beside the configuration, read it, and check what is in it."""

    def checked(value: str, info: ValidationInfo) -> str:
        path = Path((info.context or {}).get("base", Path())) / value
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ValueError(f"the file {path} cannot be read: {type(error).__name__}") from None
        _understood(part, text)
        file = _File(path)
        file.text = text
        return file

    return checked


def _no_secret(value: Any) -> Any:
    if isinstance(value, SecretStr):
        raise ValueError("a template is no secret; write the text, or its file as title_file: PATH")  # noqa: TRY004  pydantic shows ValueErrors to people
    return value


_Title = Annotated[str, AfterValidator(_inline("title")), BeforeValidator(_no_secret)]
_Short = Annotated[str, AfterValidator(_inline("short")), BeforeValidator(_no_secret)]
_Body = Annotated[str, AfterValidator(_inline("body")), BeforeValidator(_no_secret)]


class Templates(Part):
    """Own words for a channel, in Jinja (docs/alerts.md); what is left out is said in ours.

    A file is read when the configuration is: at the start, and at each reload.
    """

    title: _Title | None = None
    """One line that stands alone, at most 200 characters."""
    title_file: Annotated[str, AfterValidator(_read("title"))] | None = None
    """Or a file with it, relative to this one."""
    short: _Short | None = None
    """A sentence or two beside the title, at most 600 characters."""
    short_file: Annotated[str, AfterValidator(_read("short"))] | None = None
    """Or a file with it."""
    body: _Body | None = None
    """What stands in the place of our list of facts, at most 8000 characters."""
    body_file: Annotated[str, AfterValidator(_read("body"))] | None = None
    """Or a file with it."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for part in LIMITS:
            if getattr(self, part) is not None and getattr(self, f"{part}_file") is not None:
                raise ValueError(f"{part} and {part}_file; write one of them")
        return self

    @property
    def sources(self) -> dict[str, str]:
        """The templates that there are, by part."""
        found: dict[str, str] = {}
        for part in LIMITS:
            text, file = getattr(self, part), getattr(self, f"{part}_file")
            if text is not None:
                found[part] = text
            elif isinstance(file, _File):
                found[part] = file.text
        return found


class Spoken(Part):
    """A kind of channel whose words can be said otherwise."""

    templates: Templates = Templates()
    """Own words: `title`, `short`, `body`, each as a template."""
