"""What all parts of the configuration share."""

import re
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    WithJsonSchema,
)

from alerts.config import REFERENCE, Duration

_PER_CENT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)%", re.ASCII)


def per_cent(text: Any) -> float:
    """Read a share such as `40%`. Returns per cent, 0 to 100; raises ValueError."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        meant = text * 100 if text <= 1 else text
        raise ValueError(f"a share is written in per cent; write {meant:g}%")  # noqa: TRY004  pydantic shows ValueErrors to people
    found = _PER_CENT.fullmatch(text) if isinstance(text, str) else None
    if found is None or not float(found[1]) <= 100:  # noqa: PLR2004  per cent
        raise ValueError("not a share; write a number from 0 to 100 and %, for example 40%")
    return float(found[1])


Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
Status = Annotated[int, Field(ge=100, le=999)]
Positive = Annotated[Duration, Field(gt=0)]
PerCent = Annotated[
    float,
    BeforeValidator(per_cent),
    PlainSerializer(lambda share: f"{share:g}%", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?%$"}),
]
"""A share, written as `40%`; never a bare number."""
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
