"""docs/replay.md says what a line of a record is, and its numbers are those of the code."""

from monitor.app.replay.line import Line
from monitor.core.comparison import CALM, STANDS
from tests.contracts.tree import DOCS, blocks, table, ticked

PAGE = (DOCS / "replay.md").read_text(encoding="utf-8")


def test_every_key_of_a_line_is_explained() -> None:
    listed = [key for row in table(PAGE, "Key", "Is") for key in ticked(row[0])]
    assert sorted(listed) == sorted(Line.model_fields)


def test_the_line_that_is_shown_is_one() -> None:
    (shown,) = blocks(PAGE, "json")
    assert Line.model_validate_json(shown).outcome().status == 503


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"fewer than {CALM} good ones" in PAGE
    assert (STANDS, "at most an hour" in PAGE) == (3600.0, True)
