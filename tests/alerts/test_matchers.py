"""Matchers in Alertmanager's words."""

import pytest

from alerts.matchers import all_hold, matcher

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
    ],
)
def test_a_matcher_asks_about_one_label(text: str, holds: bool) -> None:
    assert matcher(text).holds(LABELS) is holds


@pytest.mark.parametrize("text", ["", "severity", '="x"', "a b=c", 'a="x', "a=x,b=y", "1a=x"])
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
