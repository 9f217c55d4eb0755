"""The availability report: read from a store or from a daemon, written as text or as a page."""

from monitor.app.report.page import page
from monitor.app.report.source import CannotReadError, Figures, from_daemon, from_store
from monitor.app.report.text import as_json, text

__all__ = [
    "CannotReadError",
    "Figures",
    "as_json",
    "from_daemon",
    "from_store",
    "page",
    "text",
]
