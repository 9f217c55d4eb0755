"""A report for a terminal: figures first, then what they are made of."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from monitor.app.report.words import MARKS, left_out, named, percent, target, verdict, when
from monitor.app.spelling import lasting

Figures = Mapping[str, Any]
MOST_RUNS = 50
"""Lines of a list; the rest is in the JSON and on the page."""
_COLOURS = {"met": "green", "met so far": "green", "missed": "red", "not known": "yellow"}


def text(figures: Figures) -> str:
    """Write a report; colours are in it, to be taken out where they do not belong."""
    parts = [_region(one, figures) for one in figures["regions"]]
    if not parts:
        parts = [[f"Nothing was watched in {figures['month']}."]]
    return "\n\n\n".join("\n".join(part) for part in parts) + "\n"


def as_json(figures: Figures) -> str:
    """Write the figures as they are, for scripts."""
    return json.dumps(figures, indent=2, ensure_ascii=False) + "\n"


def _region(region: Figures, whole: Figures) -> list[str]:
    over = region["until"] == whole["to"]
    said = verdict(region, over=over)
    head = f"Availability of {named(region['region'])} in {whole['month']} ({whole['timezone']})"
    promised = f"{target(whole['target'])} {click.style(said, fg=_COLOURS[said], bold=True)}"
    lines = [f"{click.style(head, bold=True)}, seen from {region['location']}: {promised}", ""]
    lines += [f"  {name:<14}{value}" for name, value in _figures(region, over=over)]
    down = [run for run in region["runs"] if run["counts"] == "down"]
    lines += _runs("Downtime", down, whole["timezone"])
    lines += _runs("Not counted", apart(region), whole["timezone"])
    return [*lines, "", *_endpoints(region["endpoints"])]


def _figures(region: Figures, *, over: bool) -> Iterator[tuple[str, str]]:
    of = "the month" if over else "the month so far"
    yield "availability", f"{percent(region['availability'])} of what could be judged"
    yield "coverage", f"{percent(region['coverage'], 2)} of {of}"
    used, allowed = lasting(region["downtime"]), lasting(region["allowed"])
    left = region["left"]
    rest = f"{lasting(left)} left" if left >= 0 else f"{lasting(-left)} too much"
    yield "downtime", f"{used} of {allowed} allowed, {rest}"
    least, most = region["downtime_least"], region["downtime_most"]
    if least != most:
        yield "", f"between {lasting(least)} and {lasting(most)}: probes look now and then"
    if not over and region["downtime"] and region["projected"] is not None:
        yield "", f"{lasting(region['projected'])} by the end of the month, if it goes on like this"
    out = ", ".join(f"{words} {lasting(seconds)}" for words, seconds in left_out(region))
    if out:
        yield "left out", out


def apart(region: Figures) -> list[Figures]:
    """Return what is listed apart: what says nothing about Omilia, region and endpoints."""
    own = [run for run in region["runs"] if run["counts"] == "excluded"]
    known = {(run["mark"], run["from"]) for run in own}
    theirs = [
        run
        for one in region["endpoints"]
        for run in one["runs"]
        if run["counts"] == "excluded" and (run["mark"], run["from"]) not in known
    ]
    return sorted(own + theirs, key=lambda run: str(run["from"]))


def _runs(title: str, runs: Sequence[Figures], zone: str) -> Iterator[str]:
    if not runs:
        return
    yield ""
    yield click.style(title, bold=True)
    for run in runs[:MOST_RUNS]:
        yield f"  {when(run['from'], zone)}  {lasting(run['seconds']):>12}  {_what(run)}"
        for line in _why(run):
            yield f"{'':37}{click.style(line, dim=True)}"
    if len(runs) > MOST_RUNS:
        yield f"  and {len(runs) - MOST_RUNS} more; all of them are in --json and --html"


def _what(run: Figures) -> str:
    names = run["endpoints"]
    who = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004
    cause = f" ({', '.join(run['causes'])})" if run["causes"] else ""
    goes_on = ", goes on" if run["ongoing"] else ""
    whose = f": {who}" if who and run["mark"] != "unwatched" else ""
    return f"{MARKS[run['mark']]}{cause}{whose}{goes_on}"


def _why(run: Figures) -> Iterator[str]:
    yield from run["reasons"][:1]
    if run["incidents"]:
        yield f"incident {', '.join(run['incidents'])}"


def _endpoints(endpoints: Sequence[Figures]) -> Iterator[str]:
    wide = max((len(one["endpoint"]) for one in endpoints), default=0)
    wide = max(wide, len("Endpoint"))
    head = f"{'Endpoint':<{wide}}  {'availability':>13}  {'downtime':>12}  {'coverage':>9}"
    yield click.style(head, bold=True)
    for one in endpoints:
        line = (
            f"{one['endpoint']:<{wide}}  {percent(one['availability']):>13}"
            f"  {lasting(one['downtime']):>12}  {percent(one['coverage'], 2):>9}"
        )
        yield line if one["critical"] else f"{line}  not critical"
