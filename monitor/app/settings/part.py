"""What all parts of the configuration share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, WithJsonSchema

from alerts.config import REFERENCE, Duration

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
Status = Annotated[int, Field(ge=100, le=999)]
Positive = Annotated[Duration, Field(gt=0)]
Said = Annotated[str, Field(min_length=1, max_length=500)]


SecretUrl = Annotated[SecretStr, WithJsonSchema(REFERENCE)]
"""A URL that may hold a password or a token, and is therefore written as a reference."""


class Part(BaseModel):
    """What all parts share: unknown keys are refused, values are not guessed at."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )
