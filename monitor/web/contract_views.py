"""From the contract's figures to the answer that shows them, and that reports are made of."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from monitor.core.availability import Account, Contract, Figures, Region, Watch, assess, known_until
from monitor.core.month import Month
from monitor.core.runs import Run
from monitor.core.stretch import Mark
from monitor.web.encoding import stamp, stamp_or_none

View = dict[str, Any]

_OF_ONE_ENDPOINT = (Mark.DOWN, Mark.UNCLEAR, Mark.THROTTLED, Mark.OURS, Mark.MAINTENANCE)
"""What is listed of a single endpoint; the rest is the same for all of them, mostly."""


def contract_view(
    watches: Sequence[Watch],
    month: Month,
    contract: Contract,
    now: datetime,
    region: str | None = None,
) -> View:
    """Show a month, of one region or of all. Takes a while: not to be called on the loop."""
    terms = contract.terms
    start, end = month.span(contract.zone)
    return {
        "month": str(month),
        "timezone": str(contract.zone),
        "from": stamp(start),
        "to": stamp(end),
        "now": stamp(now),
        "target": float(Fraction(str(terms.target)) / 100),
        "region_down": terms.region_down,
        "throttled": terms.throttled,
        "unclear": terms.unclear,
        "regions": [
            _region_view(one, known_until(watch, start, end, now))
            for watch in watches
            for one in assess(watch, start, end, now, terms)
            if region in (None, one.whole.region)
        ],
    }


def _region_view(region: Region, until: datetime) -> View:
    whole = region.whole
    return {
        "region": whole.region,
        "location": whole.location,
        "until": stamp(until),
        **_figures_view(whole.figures),
        "runs": [_run_view(run, whole.figures) for run in whole.runs],
        "endpoints": [_endpoint_view(one) for one in region.endpoints],
    }


def _endpoint_view(account: Account) -> View:
    figures = account.figures
    return {
        "endpoint": account.endpoint,
        "critical": account.critical,
        **_figures_view(figures),
        "runs": [_run_view(run, figures) for run in account.runs if run.mark in _OF_ONE_ENDPOINT],
    }


def _figures_view(figures: Figures) -> View:
    return {
        "met": figures.met,
        "availability": _share(figures.availability),
        "coverage": _share(figures.coverage),
        "downtime": _seconds(figures.down),
        "downtime_least": _seconds(figures.least),
        "downtime_most": _seconds(figures.most),
        "allowed": _seconds(figures.allowed),
        "left": _seconds(figures.left),
        "projected": None if figures.projected is None else _seconds(figures.projected),
        "seconds": {
            **{mark: _seconds(figures.parts[mark]) for mark in Mark},
            "ahead": _seconds(figures.ahead),
        },
    }


def _run_view(run: Run, figures: Figures) -> View:
    return {
        "mark": run.mark,
        "counts": figures.terms.counts(run.mark),
        "from": stamp(run.begin),
        "to": stamp(run.end),
        "seconds": round((run.end - run.begin).total_seconds(), 3),
        "ongoing": run.ongoing,
        "from_after": stamp_or_none(run.begin_after),
        "to_after": stamp_or_none(run.end_after),
        "endpoints": list(run.endpoints),
        "incidents": list(run.incidents),
        "causes": list(run.causes),
        "reasons": list(run.reasons),
    }


def _seconds(milliseconds: int) -> float:
    return milliseconds / 1000


def _share(share: float | None) -> float | None:
    """Round down, so that only what is whole looks whole: 99.99999 % is not 100 %."""
    return None if share is None else int(share * 1e8) / 1e8
