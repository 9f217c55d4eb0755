"""The paths about the daemon itself: they go into the one table of paths."""

from monitor.web import models
from monitor.web.context import Context
from monitor.web.parameters import EXCLUDE, VERBOSE
from monitor.web.route import Answer, Route
from monitor.web.self_health import SelfHealth


def own_routes(context: Context) -> tuple[Route, ...]:
    """Return what says how the daemon itself is; Omilia's outage never makes it fail."""
    own = SelfHealth(context)
    return (
        Route(
            "/metrics",
            own.metrics,
            "Prometheus text or OpenMetrics",
            {200: Answer("the metrics", media="text/plain")},
        ),
        Route(
            "/livez",
            own.livez,
            "Does the loop tick?",
            {200: Answer("yes", media="text/plain"), 503: Answer("no", media="text/plain")},
        ),
        Route(
            "/readyz",
            own.readyz,
            "Can the daemon do its work?",
            {200: Answer("yes", media="text/plain"), 503: Answer("no", media="text/plain")},
            (VERBOSE, EXCLUDE),
        ),
        Route(
            "/health",
            own.health,
            "The daemon's own health",
            {
                200: Answer("pass or warn", models.SelfHealthModel, "application/health+json"),
                503: Answer("fail", models.SelfHealthModel, "application/health+json"),
            },
        ),
    )
