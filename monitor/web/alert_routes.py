"""The paths about who is told of what, and when not: they go into the one table of paths."""

from monitor.web import models
from monitor.web.acks import Acks
from monitor.web.context import Context
from monitor.web.journal_routes import journal_routes
from monitor.web.maintenance import MaintenanceHandlers
from monitor.web.models.ack import AckModel, AcknowledgedModel
from monitor.web.parameters import WINDOWS
from monitor.web.route import Answer, Route, problem
from monitor.web.silence_routes import silence_routes

_BAD = problem("a parameter cannot be used")


def alert_routes(context: Context) -> tuple[Route, ...]:
    """Return maintenance, silences, acknowledgements and the journal."""
    acks, maintenance = Acks(context), MaintenanceHandlers(context)
    return (
        Route(
            "/v1/maintenance",
            maintenance.windows,
            "Windows of maintenance that go on or are to come, the earliest first",
            {
                200: Answer("the windows, and how their calendars are", models.MaintenanceModel),
                400: _BAD,
            },
            (WINDOWS,),
        ),
        Route(
            "/v1/maintenance",
            maintenance.announce,
            "Announce a window of maintenance",
            {
                201: Answer("it holds", models.WindowModel),
                409: problem("too many windows are announced"),
            },
            method="POST",
            scope="operate",
            body=models.AnnouncementModel,
        ),
        Route(
            "/v1/maintenance/{id}",
            maintenance.end,
            "End a window now, or take it back before it began",
            {200: Answer("as it is now", models.WindowModel), 404: problem("no such window")},
            method="DELETE",
            scope="operate",
        ),
        *silence_routes(context),
        Route(
            "/v1/incidents/{id}/ack",
            acks.acknowledge,
            "Take an incident: no more reminders and no further steps; its end is told",
            {200: Answer("who has it", AcknowledgedModel), 404: problem("none such is open")},
            method="POST",
            scope="operate",
            body=AckModel,
        ),
        Route(
            "/v1/incidents/{id}/ack",
            acks.end,
            "Give an incident back",
            {200: Answer("nobody has it", AcknowledgedModel), 404: problem("none such is open")},
            method="DELETE",
            scope="operate",
        ),
        *journal_routes(context),
    )
