"""Patterns: the same language as Python's, without its way back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.pattern import LONGEST, Pattern


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        ("", [""], ["a"]),
        ("chat", ["chat"], ["chat-rest", "a chat", "CHAT"]),
        ("chat-.*", ["chat-", "chat-rest"], ["chat", "a-chat-b"]),
        ("^chat-.*$", ["chat-rest"], ["chat"]),
        ("a^b|a$b", [], ["ab"]),
        ("us1|eu|", ["us1", "eu", ""], ["us1eu"]),
        ("(chat|voice)-(rest|ws)", ["chat-rest", "voice-ws"], ["chat-", "chat-voice"]),
        ("(?:ab)+", ["ab", "abab"], ["", "aba"]),
        ("ab?c", ["ac", "abc"], ["abbc"]),
        ("a{2}", ["aa"], ["a", "aaa"]),
        ("a{2,}", ["aa", "aaaa"], ["a"]),
        ("(a|b){1,3}", ["a", "ab", "bab"], ["", "abab"]),
        ("a{0}b", ["b"], ["ab"]),
        ("a{x}", ["a{x}"], ["a"]),
        (r"[a-c\]]+", ["abc", "a]"], ["d", ""]),
        ("[^a]", ["b", "\n"], ["a", "bb"]),
        ("[]a]", ["]", "a"], ["[a]"]),
        (r"\d+\.\d\S", ["12.3x"], ["12x3x", "1.3 "]),
        ("(?i)chat", ["CHAT", "Chat"], ["chut"]),
        (".", ["\n", "a"], ["", "ab"]),
        ("a*?b", ["b", "aab"], ["a"]),
        ("()*", [""], ["a"]),
        ("(a*)*", ["", "aaa"], ["b"]),
    ],
)
def test_the_whole_text_must_match(pattern: str, right: list[str], wrong: list[str]) -> None:
    asked = Pattern(pattern)
    assert [text for text in right if not asked.matches(text)] == []
    assert [text for text in wrong if asked.matches(text)] == []


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", r"a \) is missing"),
        ("a)", r"a \) too many"),
        ("[a", r"a \] is missing"),
        ("*a", r"nothing before \*"),
        ("a**", r"nothing before \*"),
        ("a|+", r"nothing before \+"),
        ("{2}", r"nothing before \{2\}"),
        ("a{3,2}", "at least more than at most"),
        ("[z-a]", "bad character range"),
        ("a(?=b)", r"only \(\?:...\)"),
        ("(?P<a>b)", r"only \(\?:...\)"),
        ("a(?i)", r"only \(\?:...\)"),
        (r"(a)\1", r"\\1 is not understood"),
        (r"\bchat", r"\\b is not understood"),
        ("a\\", "is not understood"),
        ("a{1001}", "repeats too much"),
        ("((a{100}){100}){100}", "repeats too much"),
        ("((((){999}){999}){999}){999}", "repeats too much"),
        ("a" * (LONGEST + 1), f"longer than {LONGEST}"),
    ],
)
def test_what_is_none_is_refused(pattern: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Pattern(pattern)


PARTS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "^", "$"])
PATTERNS = st.recursive(
    PARTS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{1,}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text("abc", max_size=6))
def test_it_says_what_pythons_own_engine_says(pattern: str, text: str) -> None:
    python = re.compile(pattern.replace("$", r"\Z"), re.DOTALL)
    assert Pattern(pattern).matches(text) is (python.fullmatch(text) is not None)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a?){90}a{90}", "(.*)*(.*)*(.*)*c"])
def test_what_keeps_others_busy_for_years_is_nothing_here(pattern: str) -> None:
    """No time is measured: the test would not end."""
    assert not Pattern(pattern).matches("a" * 64)
