"""No secret that was sent comes back, however it is written."""

from base64 import b64encode

import aiohttp
import pytest

from monitor.adapters.prober.errors import BodyBrokenError
from monitor.adapters.prober.received import Received
from monitor.adapters.prober.redaction import Redaction
from tests.adapters.misbehaving import Misbehaving, turns


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


async def test_a_body_that_broke_before_it_was_looked_at_is_noticed_too() -> None:
    async with (
        Misbehaving() as server,
        aiohttp.ClientSession() as session,
        session.get(server.url("bad-chunk")) as response,
    ):
        await turns()
        await turns()
        with pytest.raises(BodyBrokenError):
            await Received(1000).take(response)
