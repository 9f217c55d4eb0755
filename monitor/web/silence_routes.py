"""The paths about silences: they go into the one table of paths."""

from monitor.core.silence import SilenceState
from monitor.web import models
from monitor.web.context import Context
from monitor.web.route import Answer, Parameter, Route, problem
from monitor.web.silences import MOST_SILENCES, SilenceHandlers

_MOST = Parameter(
    "limit",
    "how many at most",
    {"type": "integer", "minimum": 1, "maximum": MOST_SILENCES, "default": 100},
)
_STATE = Parameter(
    "state", "only those that stand so", {"type": "string", "enum": list(SilenceState)}
)
_BAD = problem("a parameter cannot be used")


def silence_routes(context: Context) -> tuple[Route, ...]:
    """Return how silences are listed, made and ended."""
    silences = SilenceHandlers(context)
    unknown = problem("no such silence")
    return (
        Route(
            "/v1/silences",
            silences.listed,
            "Silences: those that are active first, then pending ones, then expired ones",
            {200: Answer("the silences", models.SilencesModel), 400: _BAD},
            (_STATE, _MOST),
        ),
        Route(
            "/v1/silences",
            silences.make,
            "Silence what has some labels, for a while; ends are told all the same",
            {
                201: Answer("it holds", models.SilenceModel),
                409: problem("too many are pending or active"),
            },
            method="POST",
            scope="operate",
            body=models.SilencingModel,
        ),
        Route(
            "/v1/silences/{id}",
            silences.one,
            "One silence",
            {200: Answer("as it is now", models.SilenceModel), 404: unknown},
        ),
        Route(
            "/v1/silences/{id}",
            silences.expire,
            "End a silence now, or take it back before it began",
            {200: Answer("as it is now", models.SilenceModel), 404: unknown},
            method="DELETE",
            scope="operate",
        ),
    )
