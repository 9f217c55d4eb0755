"""`signals:` of an endpoint: what its reply tells of the platform itself."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from monitor.app import checks
from monitor.app.settings.part import Part

JsonPath = Annotated[str, AfterValidator(checks.json_path)]


class Signals(Part):
    """Where a reply tells of the platform itself: JSONPaths (RFC 9535), the first match counts."""

    release: JsonPath | None = None
    """The version. Another one is an event on the timeline, never an outage."""
    started: JsonPath | None = None
    """The time of the start. Another one is an event on the timeline, never an outage."""
    services: JsonPath | None = None
    """A mapping of services that the platform depends on to what it says of each."""
    healthy: list[str | int | bool] = Field(["ok", "up", "healthy", True, 200], min_length=1)
    """Words for a service that is well, in any case."""
    otherwise: Literal["degraded", "unknown", "ignore"] = "degraded"
    """What any other word makes of the endpoint. Nothing makes it down: see `expect.json`."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.release is None and self.started is None and self.services is None:
            raise ValueError("signals without a path; write release, started or services")
        return self

    @property
    def words(self) -> list[str]:
        """The healthy words as text."""
        return [str(w).lower() if isinstance(w, bool) else str(w) for w in self.healthy]

    @property
    def paths(self) -> dict[str, str | None]:
        """The paths by what they lead to."""
        return {"release": self.release, "started": self.started, "services": self.services}
