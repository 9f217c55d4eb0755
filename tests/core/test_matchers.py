"""Matchers in Alertmanager's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.matchers import LONGEST, Matcher, all_hold, made, matcher

LABELS = {"severity": "critical", "endpoint": "chat-rest", "group": 'a "b"'}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('severity="critical"', True),
        ("severity=critical", True),
        (' severity = "critical" ', True),
        ('severity!="critical"', False),
        ('endpoint=~"chat-.*"', True),
        ('endpoint=~"chat"', False),
        ('endpoint!~"voice.*"', True),
        ('region=""', True),
        ('region!="us1"', True),
        ('region=~".+"', False),
        (r'group="a \"b\""', True),
        (r'endpoint=~"c\w+-rest"', True),
        (r'endpoint=~"chat\\-rest"', True),
        (r'endpoint="chat\nrest"', False),
    ],
)
def test_a_matcher_asks_about_one_label(text: str, holds: bool) -> None:
    assert matcher(text).holds(LABELS) is holds


@pytest.mark.parametrize(
    "text", ["", "severity", '="x"', "a b=c", 'a="x', "a=x,b=y", "1a=x", "a=" + "x" * LONGEST]
)
def test_what_is_no_matcher_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a matcher: .*; write severity="):
        matcher(text)


def test_a_regular_expression_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        matcher('a=~"("')


def test_all_must_hold_and_none_at_all_holds_for_everything() -> None:
    both = [matcher("severity=critical"), matcher("endpoint=voice")]
    assert not all_hold(both, LABELS)
    assert all_hold(both[:1], LABELS)
    assert all_hold([], {})


def test_a_regular_expression_cannot_keep_the_daemon_busy() -> None:
    assert not matcher('endpoint=~"(a+)+b"').holds({"endpoint": "a" * 64})


@given(st.builds(Matcher, st.sampled_from(["severity", "_a1"]), st.text(max_size=20)))
def test_what_is_written_is_read_as_it_was(one: Matcher) -> None:
    assert matcher(str(one)) == one


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("severity = critical", 'severity="critical"'),
        ("severity!=critical", 'severity!="critical"'),
        ("endpoint=~chat-.*", 'endpoint=~"chat-.*"'),
        (r"endpoint!~c\d", r'endpoint!~"c\\d"'),
    ],
)
def test_a_matcher_is_written_in_one_way(text: str, again: str) -> None:
    assert str(matcher(text)) == again
    assert matcher(again) == matcher(text)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("a b", "x", "not a matcher"),
        ("", "x", "not a matcher"),
        ("a", "x" * LONGEST, "not a matcher"),
        ("a", "(", "not a regular expression"),
    ],
)
def test_what_is_put_together_is_looked_at(name: str, value: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        made(name, value, is_regex=True, is_equal=True)
