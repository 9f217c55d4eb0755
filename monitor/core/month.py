"""A calendar month, in any time zone: what the contract counts availability by."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Self

_WRITTEN = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month; `str()` writes it as it is read, `2026-10`."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-10`. Raises ValueError, which says what would be right."""
        found = _WRITTEN.fullmatch(text)
        # The first and last years have neighbours that no datetime can express.
        if found is None or not 1970 <= int(found[1]) <= 9998:  # noqa: PLR2004  from Unix's first
            raise ValueError("must be a month as in 2026-10")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, moment: datetime, zone: tzinfo) -> Self:
        """Return the month in which a moment lies, as the clocks in a zone show it."""
        there = moment.astimezone(zone)
        return cls(there.year, there.month)

    def span(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return its first moment and that of the next one, in UTC.

        A month in which the clocks are changed is an hour longer or shorter than others.
        """
        after = (self.year + self.month // 12, self.month % 12 + 1)
        first = datetime(self.year, self.month, 1, tzinfo=zone)
        return first.astimezone(UTC), datetime(*after, 1, tzinfo=zone).astimezone(UTC)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"
