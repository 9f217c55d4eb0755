"""docs/availability.md: the marks are all there are, and the example adds up."""

import re
from datetime import UTC, datetime

from monitor.app.report.words import percent
from monitor.core.availability import Watch, assess
from monitor.core.marks import Terms
from monitor.core.stretch import Mark, Presence, Stretch
from tests.contracts.tree import DOCS, section, table, ticked

PAGE = (DOCS / "availability.md").read_text(encoding="utf-8")


def test_the_marks_are_all_there_are_and_count_as_said() -> None:
    terms = Terms()
    said = {ticked(mark)[0]: counts for mark, _, counts in table(PAGE, "Mark", "When", "Counts as")}
    assert set(said) == set(Mark)
    for mark, words in said.items():
        counts = {"left out": "excluded"}.get(words.rpartition(": ")[2], words.rpartition(": ")[2])
        assert terms.counts(Mark(mark)) == counts, mark


def at(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def test_the_example_adds_up() -> None:
    start, now, end = at(1), at(22, 12), datetime(2026, 12, 1, tzinfo=UTC)
    seen = ("iam", Mark.UP), ("iam", Mark.DOWN), ("iam", Mark.UP), ("iam", Mark.MAINTENANCE)
    failed, mended = at(17, 9, 14, 2), at(17, 9, 26, 48)
    stretches = [
        Stretch(*seen[0], start, failed),
        Stretch(*seen[1], failed, mended, at(17, 9, 13, 2), at(17, 9, 26, 18)),
        Stretch(*seen[2], mended),
        Stretch(*seen[3], at(8, 2), at(8, 5)),
    ]
    watch = Watch("here", stretches, [Presence(start, now)])
    (region,) = assess(watch, start, end, now, Terms())
    figures = region.whole.figures
    example = section(PAGE, "## An example that adds up by hand")
    rows = {name: int(seconds) for name, seconds, _ in table(example, "", "Seconds", "")}
    assert rows == {
        "the month": figures.total // 1000,
        "still to come": figures.ahead // 1000,
        "maintenance": figures.parts[Mark.MAINTENANCE] // 1000,
        "down": figures.down // 1000,
        "up": figures.parts[Mark.UP] // 1000,
        "judged": figures.judged // 1000,
        "allowed": figures.allowed // 1000,
        "left": figures.left // 1000,
    }
    assert figures.projected is not None
    for number in (
        percent(figures.availability),
        percent(figures.coverage, 2),
        f"at least {figures.least // 1000} s",
        f"at most {figures.most // 1000} s",
        f"= {figures.projected / 1000:.0f} s",
    ):
        assert number in re.sub(r"\s+", " ", example), number
