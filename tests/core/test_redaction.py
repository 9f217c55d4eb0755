"""No secret that was sent comes back, however it is written."""

from base64 import b64encode, urlsafe_b64encode

import pytest

from monitor.core.redaction import Redaction

CHAT_KEY = b64encode(b'{"application_uuid": "5c1f", "access_key": "a-secret"}').decode()


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("a-secret", b"you sent a-secret and a-secret"),
        ("Bearer a-secret", b"you sent a-secret"),
        ("bearer  a-secret", b"you sent a-secret"),
        ('a/sec"ret', b'{"you": "a/sec\\"ret"}'),
        ("a/secret", b'{"you": "a\\/secret"}'),
        ("a/secret", b"https://host/?token=a%2Fsecret"),
        ("a secret", b"https://host/a%20secret"),
        ("geheimniß", "geheimniß".encode()),
        ("geheimniß", b"geheimni\\u00df"),
        ("Basic " + b64encode(b"probe:a-secret").decode(), b"no such user: a-secret"),
        ("Basic not-base64", b"you sent not-base64"),
        ("Bearer " + CHAT_KEY, b"who is a-secret?"),
        (CHAT_KEY, b"who is a-secret?"),
        (CHAT_KEY.rstrip("="), b"who is a-secret?"),
    ],
)
def test_every_way_to_write_a_secret_is_hidden(value: str, body: bytes) -> None:
    hidden = Redaction([value]).body(body)

    assert b"***" in hidden
    for trace in (b"secret", b"sec\\", b"geheim", b"base64"):
        assert trace not in hidden


def test_a_scheme_is_no_secret() -> None:
    assert Redaction(["Bearer abcdef"]).text("use Bearer abcdef") == "use Bearer ***"


def test_what_is_too_short_to_be_a_secret_does_no_damage() -> None:
    assert Redaction(["abc", "Bearer x", ""]).body(b'{"abc": "x"}') == b'{"abc": "x"}'


@pytest.mark.parametrize(
    ("body", "kept"),
    [(b"it is a-secret-va", b"it is "), (b"it is a-se", b"it is "), (b"it is a", b"it is a")],
)
def test_a_secret_that_was_cut_in_the_middle_is_taken_out_too(body: bytes, kept: bytes) -> None:
    redaction = Redaction(["a-secret-value"])

    assert redaction.body(body, cut=True) == kept
    assert redaction.body(body) == body


@pytest.mark.parametrize("before", ["", "p", "pr", "probe:"])
@pytest.mark.parametrize("after", ["", "!", "?!"])
def test_base64_hides_nothing_wherever_the_secret_begins(before: str, after: str) -> None:
    secret = "tk/9+x41?aaZ>>~~"
    redaction = Redaction([secret])
    for encode in (b64encode, urlsafe_b64encode):
        hidden = redaction.text(encode(f"{before}{secret}{after}".encode()).decode())
        assert "***" in hidden
        assert len(hidden) <= len("***") + 12, "at most what stands beside it is left"


def test_a_secret_in_a_form_is_hidden() -> None:
    assert Redaction(["a b&c+d"]).text("password=a+b%26c%2Bd&x=1") == "password=***&x=1"


def test_headers_without_a_secret_are_left_as_they_are() -> None:
    headers = {"server": "nginx", "x-echo": "nothing"}
    assert Redaction(["a-secret"]).headers(headers) is headers
    assert Redaction(["nothing"]).headers(headers) == {"server": "nginx", "x-echo": "***"}
