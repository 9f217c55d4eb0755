"""The parameters of questions: what they are called, and what they may be."""

from monitor.web.journal import MOST_ENTRIES
from monitor.web.maintenance import MOST_WINDOWS
from monitor.web.moves import MOST_MOVES
from monitor.web.past import MOST_INCIDENTS
from monitor.web.route import Parameter
from monitor.web.timeline import MOST_EVENTS

OPEN = Parameter("open", "only open ones, or only closed ones", {"type": "boolean"})
LIMIT = Parameter(
    "limit",
    "how many at most",
    {"type": "integer", "minimum": 1, "maximum": MOST_INCIDENTS, "default": 50},
)
_TIME = {"type": "string", "format": "date-time"}
BEFORE = Parameter("before", "only those opened before; for the next page", _TIME)
FROM = Parameter("from", "the start, by default 24 hours before the end", _TIME)
TO = Parameter("to", "the end, by default now", _TIME)
SINCE = Parameter("from", "only what happened then or later", _TIME)
UNTIL = Parameter("to", "only what happened before", _TIME)
ENDPOINT = Parameter("endpoint", "only what is about this one", {"type": "string"})
MOST = Parameter(
    "limit",
    "how many at most",
    {"type": "integer", "minimum": 1, "maximum": MOST_EVENTS, "default": 100},
)
SOME_MOVES = Parameter(
    "limit",
    "how many at most",
    {"type": "integer", "minimum": 1, "maximum": MOST_MOVES, "default": 50},
)
EARLIER = Parameter("before", "only earlier ones; for the next page", _TIME)
STEP = Parameter(
    "step", "seconds, whole minutes; by default wide enough for 300 steps", {"type": "number"}
)
MONTH = Parameter(
    "month",
    "as in 2026-10; by default the one that goes on",
    {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"},
)
REGION = Parameter("region", "only this one of Omilia's", {"type": "string"})
WINDOWS = Parameter(
    "limit",
    "how many at most",
    {"type": "integer", "minimum": 1, "maximum": MOST_WINDOWS, "default": 50},
)
CHANNEL = Parameter("channel", "only what is about this one", {"type": "string"})
OWED = Parameter("owed", "only what is owed", {"type": "boolean", "default": False})
MESSAGE = Parameter("id", "only if it is this message that is owed", {"type": "string"})
ENTRIES = Parameter(
    "limit",
    "how many entries at most; what is owed comes first",
    {"type": "integer", "minimum": 1, "maximum": MOST_ENTRIES, "default": 100},
)
VERBOSE = Parameter("verbose", "say what was looked at", {"type": "string"})
EXCLUDE = Parameter(
    "exclude",
    "do not look at this; may be repeated",
    {"type": "array", "items": {"type": "string"}},
)

ENDPOINTS = Parameter(
    "endpoint",
    "only what is about this endpoint; may be repeated",
    {"type": "array", "items": {"type": "string"}},
)
LAST_EVENT = Parameter(
    "Last-Event-ID", "go on after this event", {"type": "string"}, where="header"
)
