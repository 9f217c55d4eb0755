"""Own words: what a template may say, what it sees, and that nothing it says can hurt.

Whatever is refused or stopped is so by counting, never by a clock: these tests go the same way on
every machine.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from alerts.message import Notification
from alerts.policy import Why
from alerts.templates import LIMITS, NotUnderstood, check, samples
from alerts.templates.effort import LONGEST, MOST, Effort, TooMuchError
from alerts.templates.filters import FILTERS
from alerts.templates.language import LOOP, TESTS
from alerts.templates.template import LONGEST_SOURCE, template
from alerts.templates.values import VARIABLES, values_of
from tests.alerts.kit import alert
from tests.clock import START

FIRST, WORSE, *_ = samples()


def said(source: str, one: Notification = WORSE, part: str = "body") -> str:
    return template(part, source).render(values_of(one))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ severity|upper }}: {{ title }}", "CRITICAL: example-endpoint is down"),
        ("{{ builtin.title }}", "CRITICAL: example-endpoint is down"),
        ("{{ since|moment }} ({{ duration|lasted }})", "2026-11-22 18:00:00 UTC (5 min)"),
        ("{% if blocks %}{{ blocks|join(', ') }}{% endif %}", "another-endpoint, a-third"),
        ("{{ lines[0][0] }} {{ lines[-1][0] }} {{ blocks|length }}", "Changed Incident 2"),
        ("{{ detail[:8] }}{{ detail[100:] }}", "HTTP 503"),
        ("{{ breaker.state }} {{ breaker['trips'] + 1 }}", "open 3"),
        ("{{ 'a' if why == 'first' else why }}", "escalated"),
        ("{% if severity in ['critical', 'error'] %}!{% endif %}", "!"),
        ("{% set a = '<' ~ endpoint ~ '>' %}{{ a + a }}", "<example-endpoint>" * 2),
        ("{{ acked_by|default('nobody') }}", "nobody"),
        ("{{ http_status // 100 }}xx {{ 7 % 4 }} {{ (duration / 60)|round(1) }}", "5xx 3 5.0"),
        ("{% for item in blocks %}{{ loop.index }}{{ ',' if not loop.last }}{% endfor %}", "1,2"),
        ("{% for c in [] %}x{% else %}none{% endfor %}", "none"),
        ("{{ next_probe_at is defined and next is string }}", "True"),
        ("{{ title|replace('example-', '')|truncate(8) }}", "endpoin…"),
        ("{{ ' a '|trim|capitalize }}{{ '3.7'|first }}{{ 'ab'|last }}{{ '12'|int }}", "A3b12"),
        ("{{ -number }} {{ 5|lasted|lower }} {{ ''|moment }}{{ ''|first }}", "0 5 s"),
        ("{# nothing #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{{ 'a <b> & c' }}", "a <b> & c"),
    ],
)
def test_a_template_says_what_it_says_on_every_kind_of_message(source: str, text: str) -> None:
    check("body", source)
    assert said(source) == text


def test_blocks_leave_no_empty_lines() -> None:
    source = (
        "{% for label, text in lines %}\n  {% if label == 'Since' %}\n{{ label }}\n{% endif %}\n"
    )
    assert said(source + "{% endfor %}\nend") == "Since\nend"


# ---------------------------------------------------------------- what it sees


def test_what_a_template_sees_is_what_is_documented_and_plain_and_never_missing() -> None:
    bare = Notification(Why.FIRST, alert(), START)
    for one in (*samples(), bare):
        values = values_of(one)
        assert set(values) == set(VARIABLES)
        assert all(is_plain(value) for value in values.values()), values
    for name in VARIABLES:
        assert template("body", f"{{{{ {name}|length if {name} is string else 1 }}}}").render(
            values_of(bare)
        )


def is_plain(value: Any) -> bool:
    if type(value) is dict:
        return all(type(key) is str and is_plain(one) for key, one in value.items())
    if type(value) is list:
        return all(map(is_plain, value))
    return type(value) in (str, int, float, bool)


def test_what_it_sees_is_bounded_whatever_the_facts_hold() -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd"

    facts = {"blocks": ["e"] * 1000, "detail": "d" * 100_000, "evidence": Odd()}
    values = values_of(Notification(Why.FIRST, alert(facts=facts), START))
    assert len(values["blocks"]) == 100
    assert len(values["detail"]) == 2000
    assert values["evidence"] == "odd"


def test_a_template_cannot_change_what_the_next_one_sees() -> None:
    values = values_of(WORSE)
    template("body", "{% set title = 'mine' %}{{ title }}").render(values)
    assert values == values_of(WORSE)


# ---------------------------------------------------------------- what it may not say

LOOPS = "{% for a in builtin.body %}{% for b in builtin.body %}"
ENDS = "{% endfor %}{% endfor %}"

REFUSED = {
    "a call": ("{{ title.upper() }}", "nothing can be called"),
    "range": ("{% for n in range(10**9) %}{% endfor %}", "nothing can be called"),
    "lipsum": ("{{ lipsum(100000) }}", "nothing can be called"),
    "cycler": ("{% set c = cycler(1) %}{{ c.next() }}", "nothing can be called"),
    "format": ("{{ '{0:>1000000000}'.format(1) }}", "nothing can be called"),
    "format_map": ("{{ '{0.__class__}'.format_map(breaker) }}", "nothing can be called"),
    "the filter format": ("{{ '%999999999d'|format(1) }}", "there is no filter 'format'"),
    "the filter attr": ("{{ ''|attr('__class__') }}", "there is no filter 'attr'"),
    "center": ("{{ ''|center(1000000000) }}", "there is no filter 'center'"),
    "a power": ("{{ 10**10**10 }}", "** is not understood"),
    "a macro": ("{% macro m() %}{{ m() }}{% endmacro %}", "macro is not understood"),
    "a macro that calls": ("{% call title() %}{% endcall %}", "callblock is not understood"),
    "a recursive loop": ("{% for a in [1] recursive %}{% endfor %}", "a loop cannot be recursive"),
    "a block": ("{% block x %}{% endblock %}", "block is not understood"),
    "a file": ("{% include '/etc/passwd' %}", "include is not understood"),
    "an import": ("{% import 'os' as os %}", "import is not understood"),
    "a parent": ("{% extends 'x' %}", "extends is not understood"),
    "a captured text": ("{% set x %}{{ title }}{% endset %}", "assignblock is not understood"),
    "a filtered block": ("{% filter upper %}x{% endfilter %}", "filterblock is not understood"),
    "lists in lists": ("{% set a = [title] %}", "a list may hold texts and numbers only"),
    "mappings": ("{{ {'a': 1} }}", "a mapping cannot be written here"),
    "named arguments": ("{{ title|truncate(length=3) }}", "arguments of a filter have no names"),
    "a test": ("{{ title is callable }}", "there is no test 'callable'"),
    "self": ("{{ self }}", "there is no variable 'self'"),
    "namespace": ("{{ namespace }}", "there is no variable 'namespace'"),
    "the effort": ("{{ effort }}", "there is no variable 'effort'"),
    "escaping": ("{% autoescape true %}{% endautoescape %}", "is not understood"),
    "the lower depths": ("{{ " + "(" * 1900 + "1" + ")" * 1900 + " }}", "nested too deeply"),
    "many ifs": ("{% if 1 %}" * 150 + "{% endif %}" * 150, "nested too deeply"),
    "many loops": ("{% for a in [1] %}" * 30 + "{% endfor %}" * 30, "nested too deeply"),
    "many sums": ("{{ " + "+".join(["title"] * 300) + " }}", "nested too deeply"),
    "many filters": ("{{ title" + "|lower" * 500 + " }}", "nested too deeply"),
    "a novel": ("x" * (LONGEST_SOURCE + 1), "longer than 4000 characters"),
    "no end": ("{{ title", "unexpected end of template"),
    "no tag": ("{% do x %}", "unknown tag 'do'"),
    "a large number": ("{{ " + "9" * 3000 + "1 * 2 }}", "a number in it is too large"),
}

STOPPED = {
    "long texts": ("{{ 'a' * 1000000000 }}", "TypeError: * is for numbers"),
    "long lists": ("{{ ([1] * 1000000000)|length }}", "TypeError: * is for numbers"),
    "formatting": ("{{ '%1000000000d' % 5 }}", "TypeError: % is for numbers"),
    "loops in loops": (f"{LOOPS}{ENDS}", "TooMuchError: it takes more than"),
    "loops that compare": (
        LOOPS + "{% if builtin.body == builtin.body %}{% endif %}" * 40 + ENDS,
        "TooMuchError: it takes more than",
    ),
    "squares": (
        "{% set x = 999999 %}" + "{% set x = x * x %}" * 60 + "{{ x }}",
        "OverflowError: a number in it is too large",
    ),
    "doubling by ~": (
        "{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 100 + "{{ x }}",
        f"TooMuchError: a text in it is longer than {LONGEST} characters",
    ),
    "doubling by +": (
        "{% set x = 'ab' %}" + "{% set x = x + x %}" * 100 + "{{ x }}",
        f"TooMuchError: a text in it is longer than {LONGEST} characters",
    ),
    "growing by replace": (
        "{% set x = 'a' %}" + "{% set x = x|replace('a', 'aaaaaaaaaa') %}" * 40 + "{{ x }}",
        f"TooMuchError: a text in it is longer than {LONGEST} characters",
    ),
    "replacing nothing": (
        "{{ builtin.body|replace('', builtin.body) }}",
        f"TooMuchError: a text in it is longer than {LONGEST} characters",
    ),
    "joining much": (
        "{{ ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']|join(builtin.body * 1) }}",
        "TypeError: * is for numbers",
    ),
    "joining long texts": (
        "{% set x = builtin.body + builtin.body %}{{ ['a', 'b', 'c', 'd', 'e', 'f']|join(x) }}",
        f"TooMuchError: a text in it is longer than {LONGEST} characters",
    ),
    "a class": ("{{ ''.__class__ }}", "UndefinedError: 'str object' has no attribute"),
    "a class by name": ("{{ ''['__class__'].__mro__ }}", "UndefinedError"),
    "a method": ("{{ builtin.items }}", "UndefinedError: 'dict object' has no attribute 'items'"),
    "a method of text": ("{{ title.format }}", "UndefinedError"),
    "what a loop hides": ("{% for c in title %}{{ loop._iterable }}{% endfor %}", "UndefinedError"),
    "a loop's class": ("{% for c in title %}{{ loop['__init__'] }}{% endfor %}", "UndefinedError"),
    "a loop's method": ("{% for c in title %}{{ loop.cycle }}{% endfor %}", "UndefinedError"),
    "a typo in a mapping": ("{{ breaker.stat }}", "'dict object' has no attribute 'stat'"),
    "an item that is not there": ("{{ title[9999] }}", "UndefinedError"),
    "nothing, in a loop": ("{% for a in breaker.x %}{% endfor %}", "UndefinedError"),
    "nothing, reckoned with": ("{{ breaker.x + 1 }}", "UndefinedError"),
    "nothing, filtered": ("{{ breaker.x|length }}", "UndefinedError"),
    "a list as text": ("{{ lines }}", "TypeError: a list or a mapping is no text"),
    "a number, in a loop": ("{% for a in 5 %}{% endfor %}", "TypeError: only lists"),
    "the length of a number": ("{{ 5|length }}", "TypeError: only texts, lists and mappings"),
    "a text, joined": ("{{ title|join(',') }}", "TypeError: join is for lists"),
    "a division": ("{{ 1 / 0 }}", "ZeroDivisionError"),
    "no number": ("{{ title|int }}", "ValueError"),
    "no moment": ("{{ title|moment }}", "ValueError"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_understood_is_refused_when_it_is_read(name: str) -> None:
    source, wrong = REFUSED[name]
    with pytest.raises(NotUnderstood) as caught:
        check("body", source)
    assert wrong in caught.value.wrong


@pytest.mark.parametrize("name", STOPPED)
def test_what_cannot_be_done_is_found_by_trying(name: str) -> None:
    source, wrong = STOPPED[name]
    with pytest.raises(NotUnderstood) as caught:
        check("body", source)
    assert caught.value.wrong.startswith("it fails on a message of the kind '")
    assert wrong in caught.value.wrong


def test_what_is_wrong_is_said_with_its_line_and_what_would_be_right() -> None:
    with pytest.raises(NotUnderstood) as caught:
        check("body", "one\n{{ title }}\n{{ titel }}")
    assert (caught.value.wrong, caught.value.right) == (
        "there is no variable 'titel'",
        "did you mean title?",
    )
    assert caught.value.line == 3
    with pytest.raises(NotUnderstood) as caught:
        check("body", "one\n{% if why == 'digest' %}\n{{ breaker.x }}{% endif %}")
    assert (caught.value.line, "'digest'" in caught.value.wrong) == (3, True)
    with pytest.raises(NotUnderstood) as caught:
        check("body", "one\n{% for %}")
    assert caught.value.line == 2


def test_a_loop_is_paid_for_before_it_begins_and_its_inner_loops_each_time() -> None:
    effort = Effort(10)
    effort.spend(10)
    with pytest.raises(TooMuchError):
        effort.spend()
    once = "{% for c in title %}{{ c }}{% endfor %}"
    check("body", once)
    assert said(once) == "example-endpoint is down"
    with pytest.raises(TooMuchError):
        template("body", once).render(values_of(WORSE) | {"title": "t" * MOST})


# ---------------------------------------------------------------- how much it makes


@pytest.mark.parametrize("part", LIMITS)
def test_what_is_too_long_is_cut_and_says_so(part: str) -> None:
    source = "{% for a in builtin.body %}{{ detail }}{% endfor %}"
    text = said(source, part=part)
    assert len(text) <= LIMITS[part]
    assert text.endswith("… (cut)")


def test_a_title_is_one_line_and_never_empty() -> None:
    assert said("  a\n b\t c ", part="title") == "a b c"
    with pytest.raises(NotUnderstood, match="it makes no text"):
        check("title", "{% if why == 'first' %}x{% endif %}")
    check("short", "{% if why == 'first' %}x{% endif %}")


def test_what_no_channel_can_say_is_left_out() -> None:
    odd = replace(WORSE, alert=replace(WORSE.alert, title="a\x00b\x1bc\ud800d\u200de\nf"))
    assert said("{{ title }}", odd) == "a b c d\u200de\nf"


PIECES = st.sampled_from(
    [
        *(
            f"{{{{ {name} }}}}"
            for name in ("title", "builtin.body", "breaker.state", "http_status")
        ),
        *("{% for a in builtin.body %}", "{% for a in blocks %}", "{% for a in lines %}"),
        *("{% endfor %}", "{% if blocks %}", "{% endif %}", "{% set x = builtin.body %}"),
        *("{% set x = x ~ x %}", "{% set x = x + title %}", "{% set n = n * n %}", "{{ x }}"),
        *(f"{{{{ x|{name} }}}}" for name in FILTERS if name != "moment"),
        *(f"{{{{ loop.{name} }}}}" for name in LOOP),
        *(f"{{{{ title is {name} }}}}" for name in TESTS),
        *("{{ x|replace('e', x) }}", "{% set x = x|replace('', x) %}", "{{ x[::2] }}", "text\n"),
    ]
)


@given(st.lists(PIECES, max_size=40))
def test_whatever_is_put_together_ends_and_is_bounded(pieces: list[str]) -> None:
    source = "{% set x = title %}{% set n = 3 %}" + "".join(pieces)
    try:
        made = template("body", source)
    except NotUnderstood:
        return
    with suppress(TooMuchError, UndefinedError, TypeError, ValueError, ArithmeticError):
        assert len(made.render(values_of(WORSE))) <= LIMITS["body"]
