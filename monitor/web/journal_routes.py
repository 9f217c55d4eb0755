"""The paths of the journal: they go into the one table of paths."""

from monitor.web.context import Context
from monitor.web.journal import JournalHandlers
from monitor.web.models.journal import DroppedModel, EntryModel, JournalChannelModel, JournalModel
from monitor.web.parameters import CHANNEL, ENTRIES, MESSAGE, OWED
from monitor.web.route import Answer, Route, problem

_NONE = problem("no such channel, or nothing ever was to be told there about this key")


def journal_routes(context: Context) -> tuple[Route, ...]:
    """Return what reads the journal, and what orders something about a delivery."""
    journal = JournalHandlers(context)
    return (
        Route(
            "/v1/journal",
            journal.read,
            "What was told to whom and what is owed, by channel and key",
            {
                200: Answer("what is owed first, the oldest first", JournalModel),
                400: problem("a parameter cannot be used"),
                404: problem("no such channel"),
            },
            (CHANNEL, OWED, ENTRIES),
        ),
        Route(
            "/v1/journal/{channel}/retry",
            journal.retry_all,
            "Try a channel and all that waits for it at once, also when it is disabled",
            {200: Answer("how it is", JournalChannelModel), 404: problem("no such channel")},
            method="POST",
            scope="operate",
        ),
        Route(
            "/v1/journal/{channel}/{key}/retry",
            journal.retry,
            "Try a channel and what is owed about one key at once",
            {200: Answer("how it stands", EntryModel), 404: _NONE},
            method="POST",
            scope="operate",
        ),
        Route(
            "/v1/journal/{channel}/{key}",
            journal.drop,
            "Do not tell the one thing that is owed about a key; what was told stays told",
            {
                200: Answer("how it stands then", DroppedModel),
                404: _NONE,
                409: problem("nothing is owed, or something else, or it is being told now"),
            },
            (MESSAGE,),
            method="DELETE",
            scope="operate",
        ),
    )
