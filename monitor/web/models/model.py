"""What all shapes share."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A shape without room for anything that is not described."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
