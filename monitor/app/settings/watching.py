"""`deadman:`: who notices when the monitor itself is gone."""

from typing import Annotated

from pydantic import AfterValidator, Field

from alerts.config import Duration, Secret, web_address
from monitor.app.settings.part import Part, Positive


class DeadMan(Part):
    """A service that expects to hear of us, and tells somebody when it does not."""

    url: Annotated[Secret, AfterValidator(web_address)]
    """What is asked (POST), for example a check of healthchecks.io."""
    every: Annotated[Duration, Field(ge=10)] = 60.0
    """How often, while all is truly well."""
    untold: Positive = 600.0
    """Something that could not be told for so long is not well."""
