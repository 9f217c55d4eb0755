"""All services behind one door: who may ask what, and what they are told."""

from collections.abc import Mapping
from typing import Literal

from aiohttp import web

from monitor.omilia.simulator import iam, strike
from monitor.omilia.simulator.answer import Answer
from monitor.omilia.simulator.bodies import is_app
from monitor.omilia.simulator.chat import ChatError, Dialogs, House
from monitor.omilia.simulator.credentials import PAT_HEADER, Credentials
from monitor.omilia.simulator.errors import Trouble
from monitor.omilia.simulator.runs import RUNS, Runs
from monitor.omilia.simulator.services import CHAT, IAM, ORCHESTRATOR, Service, service_of
from monitor.omilia.simulator.site import STATUS, Blame, Site
from monitor.ports import Clock

DIALOGS = "/chat/dialogs"
READS = ("GET", "HEAD")

Anonymous = Literal["none", "status", "all"]
"""What is told to a caller who shows no credential: nothing, the platform's status, everything."""


class Omilia:
    """Answers requests as long as nobody broke anything."""

    def __init__(
        self,
        site: Site,
        credentials: Credentials,
        clock: Clock,
        anonymous: Anonymous,
        house: House,
    ) -> None:
        self._site = site
        self._credentials = credentials
        self._clock = clock
        self._anonymous = anonymous
        self._chat = Dialogs(house)
        self._runs = Runs()

    async def answer(self, request: web.BaseRequest) -> Answer:
        """Answer one request."""
        path, site = request.path, self._site
        service = service_of(path)
        posted = path in (DIALOGS, RUNS, site.token_path)
        if not posted and not site.knows(path) and not self._runs.knows(path):
            return self._unknown(service, request)
        if not self._admits(service, path, request.headers):
            return strike.refused(service, Trouble(401, self._clock.now(), path))
        return await self._post(service, request) if posted else self._read(service, request)

    def _read(self, service: Service, request: web.BaseRequest) -> Answer:
        """Answer a plain read."""
        path = request.path
        if request.method not in READS:
            return strike.wrong_method(service, path, "GET, HEAD", self._clock.now())
        page = self._site.fixed.get(path)
        if page is not None:
            return page
        if self._runs.knows(path):
            return self._runs.look(path)
        found = self._site.asked[path](request.query)
        if isinstance(found, Blame):
            return service.word(found.trouble(path, self._clock.now()))
        return found

    def _admits(self, service: Service, path: str, headers: Mapping[str, str]) -> bool:
        """Check the credential; where none is asked for, one that is shown must still be good."""
        free = self._anonymous == "all" or (self._anonymous == "status" and path == STATUS)
        if free and PAT_HEADER not in headers and "Authorization" not in headers:
            return True
        return self._credentials.admit(service, headers)

    def _unknown(self, service: Service, request: web.BaseRequest) -> Answer:
        """Answer for a path that is not served, or names what is not there."""
        path, now = request.path, self._clock.now()
        if service is ORCHESTRATOR:
            if self._site.knows(f"{path}/") and request.method in READS:
                return strike.moved(path, request.query_string)
            if is_app(path) and path.endswith("/"):
                return self._no_such_app(request)
        if service is IAM:
            trouble = Trouble(404, now, path, "There is no such realm", "not_found")
            return service.word(trouble)
        return strike.not_served(service, path, now)

    def _no_such_app(self, request: web.BaseRequest) -> Answer:
        """Answer for an app that nobody has: an unknown caller does not even learn that."""
        allowed = self._admits(ORCHESTRATOR, request.path, request.headers)
        trouble = Trouble(404 if allowed else 401, self._clock.now(), request.path)
        return strike.refused(ORCHESTRATOR, trouble)

    async def _post(self, service: Service, request: web.BaseRequest) -> Answer:
        """Answer the requests that are not plain reads."""
        path, now = request.path, self._clock.now()
        if request.method != "POST":
            return strike.wrong_method(service, path, "POST", now)
        if service is CHAT:
            try:
                return self._chat.step(await request.read())
            except ChatError as error:
                return service.word(Trouble(error.status, now, path, str(error)))
        if path == RUNS:
            return self._runs.begin()
        form = {key: value for key, value in (await request.post()).items() if type(value) is str}
        given = iam.grant(form, self._credentials)
        if isinstance(given, Answer):
            return given
        return service.word(Trouble(given.status, now, path, given.detail, given.code))
