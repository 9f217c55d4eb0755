"""`poll:` of an endpoint: a 202 that is asked about until it is done."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from monitor.app import checks
from monitor.app.settings.part import Part, Positive

Holds = Annotated[dict[str, Any], AfterValidator(checks.json_paths)]


class Poll(Part):
    """Follows what was accepted (202) to its end, within the endpoint's `timeout`.

    Never use it with what changes something in production (deploy, promote), except knowingly:
    each probe starts one.
    """

    at: Annotated[str, AfterValidator(checks.template)] | None = None
    """Where to ask how far it is: an address or path, with `{JSONPath}` for a value of the 202's
    body; its Location header when left out."""
    until: Holds = Field(min_length=1)
    """When it is done: JSONPath to a JSON Schema, or to a value that must be equal."""
    failed: Holds = {}
    """When it has failed, which ends the wait at once; written like `until`."""
    every: Positive = 2.0
    """How often it is asked."""

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.failed == self.until:
            raise ValueError("failed is the same as until; say what tells a failure from an end")
        return self
