"""What is said to order a mode."""

from typing import Annotated

from pydantic import ConfigDict, Field

from monitor.core.order import Mode
from monitor.web.models.length import Ending


class OrderedModel(Ending):
    """A mode to order; without `until` it holds until somebody ends it."""

    model_config = ConfigDict(strict=True)

    mode: Annotated[Mode, Field(strict=False)]
    """`auto` ends an order; where the configuration says another mode, it is one itself."""
    reason: str = Field("", max_length=300)
    """Why, for people."""
