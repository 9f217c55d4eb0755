"""docs/alerts.md names what templates see, and its example is one that works."""

from alerts.templates import LIMITS, samples
from alerts.templates.effort import LONGEST
from alerts.templates.filters import FILTERS
from alerts.templates.language import LOOP, TESTS
from alerts.templates.own_words import DEADLINE, OwnWords
from alerts.templates.values import VARIABLES
from monitor.app.loader import loads
from tests.contracts.tree import DOCS, blocks, section, table, ticked

PAGE = section((DOCS / "alerts.md").read_text(encoding="utf-8"), "## Your own words")


def test_every_variable_and_filter_is_named_with_what_it_is() -> None:
    named = {row[0]: row[1] for row in table(PAGE, "Variable")}
    assert named == {f"`{name}`": what for name, what in VARIABLES.items()}
    filters = {row[0]: row[1] for row in table(PAGE, "Filter")}
    assert filters == {f"`{name}`": what for name, (_, what) in FILTERS.items()}


def test_tests_loops_and_limits_are_those_that_are_named() -> None:
    words = ticked(PAGE)
    assert {f"is {name}" for name in TESTS} == {one for one in words if one.startswith("is ")}
    assert all(name in words or f"loop.{name}" in words for name in LOOP)
    assert all(str(most) in PAGE for most in LIMITS.values())
    (adr,) = (DOCS / "adr").glob("*-templates-are-total.md")
    assert f"{LONGEST} characters" in adr.read_text(encoding="utf-8")
    assert f"{DEADLINE:g} s" in adr.read_text(encoding="utf-8")
    assert adr.name in PAGE


def test_the_example_says_something_to_be_read_on_each_kind_of_message() -> None:
    (example,) = blocks(PAGE, "yaml")
    text = 'endpoints: [{id: a, url: "https://a.example/"}]\n' + example
    settings = loads(text, environ={"SLACK_TOKEN": "x"})
    for name, channel in settings.channels.root.items():
        own = OwnWords(name, getattr(channel, "templates").sources)  # noqa: B009  of each kind
        said = [own.found(one) for one in samples()]
        assert not any(words.failed for words in said)
        assert len({words.short for words in said}) == len(said)
