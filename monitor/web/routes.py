"""The one table of paths: it registers the handlers and it describes them (OpenAPI)."""

from monitor.web import models
from monitor.web.alert_routes import alert_routes
from monitor.web.availability import Availability
from monitor.web.budgets import Budgets
from monitor.web.context import Context
from monitor.web.contract import ContractFigures
from monitor.web.credentials import Credentials
from monitor.web.models.order import OrderedModel
from monitor.web.models.report import ReportsModel
from monitor.web.models.stream import EVENTS
from monitor.web.modes import Modes
from monitor.web.moves import Moves
from monitor.web.own_routes import own_routes
from monitor.web.parameters import (
    BEFORE,
    EARLIER,
    ENDPOINT,
    ENDPOINTS,
    FROM,
    LAST_EVENT,
    LIMIT,
    MONTH,
    MOST,
    OPEN,
    REGION,
    SINCE,
    SOME_MOVES,
    STEP,
    TO,
    UNTIL,
)
from monitor.web.past import Past
from monitor.web.present import Present
from monitor.web.reports import Reports
from monitor.web.route import Answer, Route, problem
from monitor.web.stream.stream import EventStream
from monitor.web.timeline import Timeline

_NO_ENDPOINT = problem("no such endpoint")
_BAD = problem("a parameter cannot be used")
_NO_STORE = problem("the store cannot be read")
_TOO_MANY = Answer(
    "too many follow already",
    models.ProblemModel,
    "application/problem+json",
    {"Retry-After": "seconds until it is worth trying again"},
)
_FRESH = {"ETag": "changes when a verdict changes in a way that matters"}


def routes(context: Context, availability: Availability, events: EventStream) -> tuple[Route, ...]:
    """Return every path but the two that are made of this table: `/` and `/openapi.json`."""
    present = Present(context, availability)
    timeline, moves = Timeline(context), Moves(context)
    past, contract = Past(context, timeline, moves), ContractFigures(context)
    modes, credentials = Modes(context, present), Credentials(context)
    budgets = Budgets(context)
    return (
        Route(
            "/v1/status",
            present.status,
            "Everything together",
            {200: Answer("how it stands", models.StatusModel)},
        ),
        Route(
            "/v1/endpoints",
            present.endpoints,
            "Every endpoint",
            {200: Answer("in the order of the configuration", models.EndpointsModel)},
        ),
        Route(
            "/v1/endpoints/{id}",
            present.endpoint,
            "One endpoint",
            {200: Answer("how it stands", models.EndpointModel), 404: _NO_ENDPOINT},
        ),
        Route(
            "/v1/endpoints/{id}/mode",
            modes.order,
            "Order a mode: forced open, forced closed, shadow, or auto",
            {200: Answer("the endpoint, as it is then", models.EndpointModel), 404: _NO_ENDPOINT},
            method="POST",
            scope="operate",
            body=OrderedModel,
        ),
        Route(
            "/v1/endpoints/{id}/mode",
            modes.end,
            "End an order",
            {200: Answer("the endpoint, as it is then", models.EndpointModel), 404: _NO_ENDPOINT},
            method="DELETE",
            scope="operate",
        ),
        Route(
            "/v1/reports",
            Reports(context).take,
            "Report what came of real calls",
            {200: Answer("counted", models.TakenModel)},
            method="POST",
            scope="report",
            body=ReportsModel,
        ),
        Route(
            "/v1/endpoints/{id}/history",
            past.history,
            "The history of one endpoint",
            {
                200: Answer("rollups, the oldest first", models.HistoryModel),
                400: _BAD,
                404: _NO_ENDPOINT,
                503: _NO_STORE,
            },
            (FROM, TO, STEP),
        ),
        Route(
            "/v1/endpoints/{id}/moves",
            moves.moves,
            "How the breaker of one endpoint moved, and why",
            {
                200: Answer("moves, the newest first", models.MovesModel),
                400: _BAD,
                404: _NO_ENDPOINT,
                503: _NO_STORE,
            },
            (SOME_MOVES, EARLIER),
        ),
        Route(
            "/v1/verdicts",
            present.verdicts,
            "Every verdict",
            {
                200: Answer("whatever they say", models.VerdictsModel, headers=_FRESH),
                304: Answer("nothing changed that matters", headers=_FRESH),
            },
        ),
        Route(
            "/v1/verdicts/{id}",
            present.verdict,
            "May I call this endpoint?",
            {
                200: Answer("yes", models.VerdictModel),
                404: _NO_ENDPOINT,
                503: Answer(
                    "no",
                    models.VerdictModel,
                    headers={"Retry-After": "seconds until it is worth asking again"},
                ),
            },
        ),
        Route(
            "/v1/incidents",
            past.incidents,
            "Incidents, the newest first",
            {200: Answer("open and closed", models.IncidentsModel), 400: _BAD},
            (OPEN, LIMIT, BEFORE),
        ),
        Route(
            "/v1/incidents/{id}",
            past.incident,
            "One incident, what was told to whom, and what happened around it",
            {
                200: Answer("the incident", models.WholeIncidentModel),
                404: problem("no such incident"),
                503: _NO_STORE,
            },
        ),
        Route(
            "/v1/timeline",
            timeline.timeline,
            "What happened beside the outcomes: releases, restarts",
            {
                200: Answer("events, the newest first", models.TimelineModel),
                400: _BAD,
                503: _NO_STORE,
            },
            (SINCE, UNTIL, ENDPOINT, MOST),
        ),
        Route(
            "/v1/events",
            events.followers.follow,
            "What changes, as it changes (Server-Sent Events)",
            {
                200: Answer("the stream", media="text/event-stream", events=EVENTS),
                400: _BAD,
                503: _TOO_MANY,
            },
            (ENDPOINTS, LAST_EVENT),
        ),
        Route(
            "/v1/availability",
            contract.availability,
            "Availability as the contract counts it, by region and month",
            {
                200: Answer("the figures", models.ContractModel),
                400: _BAD,
                404: problem("nothing of this region was watched in that month"),
                503: _NO_STORE,
            },
            (MONTH, REGION),
        ),
        Route(
            "/v1/budgets",
            budgets.all,
            "What the configuration asks of each budget, and who waits",
            {200: Answer("in the order of the configuration", models.BudgetsModel)},
        ),
        Route(
            "/v1/credentials",
            credentials.all,
            "Every credential: never its secret",
            {200: Answer("in the order of the configuration", models.CredentialsModel)},
        ),
        Route(
            "/v1/credentials/{name}/resume",
            credentials.resume,
            "Try a credential again that was refused",
            {
                200: Answer("how it is now", models.CredentialModel),
                404: problem("no such credential"),
            },
            method="POST",
            scope="operate",
        ),
        *alert_routes(context),
        *own_routes(context),
    )
