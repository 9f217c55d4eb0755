"""What one rendering may cost: counted in steps and characters, never in seconds."""

KEY = " effort"
"""Where it lies among a rendering's values: no template can write such a name."""
MOST = 100_000
"""Steps of one rendering: a part of the template that is worked through, or CHUNK characters."""
CHUNK = 100
LONGEST = 8000
"""Characters of any text that is made on the way."""
LARGEST = 10**15
"""No number grows beyond this."""


class TooMuchError(Exception):
    """A template that asks for more than a message is worth."""


class Effort:
    """What is left for one rendering."""

    def __init__(self, steps: int = MOST) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Pay for what is about to be done. Raises TooMuchError when nothing is left."""
        self._left -= steps
        if self._left < 0:
            raise TooMuchError(f"it takes more than {MOST} steps")

    def text(self, text: str) -> str:
        """Pay for a text that was made."""
        if len(text) > LONGEST:
            raise TooMuchError(f"a text in it is longer than {LONGEST} characters")
        self.spend(1 + len(text) // CHUNK)
        return text
