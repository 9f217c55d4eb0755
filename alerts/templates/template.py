"""One template: understood when it is read, rendered when a message is sent."""

import difflib
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, meta, nodes

from alerts.templates.effort import KEY, Effort
from alerts.templates.language import TOO_DEEP, NotUnderstood, Sandbox, refusals, with_costs
from alerts.templates.samples import samples
from alerts.templates.values import VARIABLES, values_of

LONGEST_SOURCE = 4000
"""Characters of a template."""
LIMITS: Mapping[str, int] = MappingProxyType({"title": 200, "short": 600, "body": 8000})
"""What can be said otherwise, and how many characters of it are sent."""
_CUT = "… (cut)"
_sandbox = Sandbox()


class Template:
    """A template that was understood."""

    def __init__(self, part: str, source: str) -> None:
        self.part = part
        self._most = LIMITS[part]
        self._template = _sandbox.from_string(with_costs(_understood(source)))

    def render(self, values: Mapping[str, Any]) -> str:
        """Make the text, cut where it grows too long. Raises whatever a template can fail with."""
        pieces, length = [], 0
        for piece in self._template.generate({**values, KEY: Effort()}):
            pieces.append(piece)
            length += len(piece)
            if length > 2 * self._most:
                break  # whatever follows would be cut
        text = "".join(" " if _is_control(c) else c for c in "".join(pieces)).strip()
        if self.part == "title":
            text = " ".join(text.split())
            if not text:
                raise ValueError("it makes no text")
        if len(text) > self._most:
            return text[: self._most - len(_CUT)].rstrip() + _CUT
        return text


@lru_cache(maxsize=256)
def template(part: str, source: str) -> Template:
    """Return a template of a part. Raises NotUnderstood."""
    try:
        return Template(part, source)
    except NotUnderstood:
        raise
    except (SyntaxError, MemoryError, RecursionError, TemplateError) as error:
        raise NotUnderstood(*TOO_DEEP) from error


def check(part: str, source: str) -> None:
    """Try a template on every kind of message. Raises NotUnderstood, which says what is wrong."""
    made = template(part, source)
    for one in samples():
        try:
            made.render(values_of(one))
        except Exception as error:
            wrong = f"it fails on a message of the kind {one.why.value!r}: {named(error)}"
            raise NotUnderstood(wrong, "", _line_of(error)) from error


def named(error: BaseException) -> str:
    """Name what a template failed with, in one short line."""
    said = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {said}"[:200] if said else name


def _is_control(character: str) -> bool:
    """Tell what no channel can say: control characters, halves of a character."""
    return character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cs")


def _understood(source: str) -> nodes.Template:
    """Read a template. Raises NotUnderstood for the first thing in it that is wrong."""
    if len(source) > LONGEST_SOURCE:
        raise NotUnderstood(f"it is longer than {LONGEST_SOURCE} characters", "say less")
    try:
        tree = _sandbox.parse(source)
    except TemplateSyntaxError as error:
        raise NotUnderstood(str(error.message), "", error.lineno) from error
    except (ValueError, OverflowError) as error:
        raise NotUnderstood(str(error)) from error
    for refusal in refusals(tree):
        raise refusal
    for name in sorted(meta.find_undeclared_variables(tree) - set(VARIABLES)):
        lines = [node.lineno for node in tree.find_all(nodes.Name) if node.name == name]
        wrong = f"there is no variable {name!r}"
        raise NotUnderstood(wrong, _meant(name, VARIABLES), min(lines, default=None))
    return tree


def _meant(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"


def _line_of(error: BaseException) -> int | None:
    """Return the line of a template at which it failed; Jinja puts it into the traceback."""
    lines = [line for name, line in _frames(error) if name == "<template>"]
    return lines[-1] if lines else None


def _frames(error: BaseException) -> Iterator[tuple[str, int]]:
    at = error.__traceback__
    while at is not None:
        yield at.tb_frame.f_code.co_filename, at.tb_lineno
        at = at.tb_next
