"""A report as one page that needs nothing else: to be looked at, printed, or sent."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor import __version__
from monitor.app.report import words
from monitor.app.report.text import apart
from monitor.app.spelling import lasting

Figures = Mapping[str, Any]
_INVISIBLE = 0.25
Drawn = tuple[float, float, str, str]
WIDE = 1000.0
"""How wide a month is drawn; its parts are a share of that."""


def page(figures: Figures) -> str:
    """Write the page. Everything in it that came from outside is escaped."""
    return (
        _environment()
        .get_template("page.html")
        .render(
            whole=figures,
            version=__version__,
            title=f"Availability in {figures['month']}",
            month=words.moment(figures["from"], figures["timezone"]),
        )
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("monitor.app.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for word in (words.percent, words.target, lasting, words.when, words.named):
        made.filters[word.__name__] = word
    made.globals.update(
        marks=words.MARKS,
        left_out=words.left_out,
        verdict=words.verdict,
        apart=apart,
        strip=strip,
        days=days,
        share=share,
        wide=WIDE,
    )
    return made


def share(part: float, whole: float) -> float:
    """Return how much of a bar is filled, 0 to 100."""
    return round(min(max(part / whole, 0.0), 1.0) * 100, 2) if whole > 0 else 100.0 * (part > 0)


def strip(runs: Iterable[Figures], whole: Figures, until: str, thinnest: float) -> Iterator[Drawn]:
    """Give what is drawn of a month, in order: where, how wide, of which mark, and its words.

    Nothing is thinner than `thinnest`: an outage of a minute must still be seen in a month; a
    minute that does not count need not.
    """
    known = _place(until, whole)
    yield 0.0, known, "up", ""
    if known < WIDE:
        yield known, WIDE - known, "ahead", "still to come"
    for run in sorted(runs, key=lambda one: one["counts"] == "down"):
        start, end = _place(run["from"], whole), _place(run["to"], whole)
        if run["counts"] == "excluded" and end - start < _INVISIBLE:
            continue
        said = f"{words.MARKS[run['mark']]}, {lasting(run['seconds'])}"
        at = words.when(run["from"], whole["timezone"])
        yield start, max(end - start, thinnest), run["mark"], f"{at}: {said}"


def days(whole: Figures) -> Iterator[tuple[float, int]]:
    """Give where each day begins, and its number."""
    start = words.moment(whole["from"], whole["timezone"])
    for day in range(1, 32):
        try:
            begin = start.replace(day=day)
        except ValueError:
            return
        yield _of(begin, whole), day


def _place(stamp: str, whole: Figures) -> float:
    return _of(datetime.fromisoformat(stamp), whole)


def _of(moment: datetime, whole: Figures) -> float:
    start, end = (datetime.fromisoformat(whole[key]) for key in ("from", "to"))
    return round((moment - start) / (end - start) * WIDE, 2)
