"""Which credentials were refused is kept over a restart, by location, and betrays nothing."""

from dataclasses import replace

import pytest

from monitor.adapters.credentials.mark import mark_of, new_salt
from monitor.core.category import Category
from monitor.core.credential import KeptPause, Pause
from monitor.core.token import Grant, GrantType
from monitor.ports import Pauses, StoreUnavailableError
from tests.clock import START
from tests.stores import opened, rows, store

PAUSE = KeptPause(Pause(START, "HTTP 401: no", Category.CREDENTIAL, 401), "00ff", "abc")
GRANT = Grant(
    "https://iam.example/token",
    GrantType.PASSWORD,
    {"client_id": "ocp"},
    {"username": "probe", "password": "the-password"},
)


async def test_what_was_refused_is_known_after_a_restart(store_url: str) -> None:
    async with opened(store_url) as made:
        pauses: Pauses = made.pauses
        assert await pauses.read() == {}
        await pauses.write({"iam": PAUSE, "other": PAUSE})
        await pauses.write({"iam": PAUSE})
    async with opened(store_url) as made:
        assert await made.pauses.read() == {"iam": PAUSE}
        await made.pauses.write({})
        assert await made.pauses.read() == {}


async def test_each_location_has_its_own(store_url: str) -> None:
    async with opened(store_url) as here, opened(store_url, location="there") as there:
        await here.pauses.write({"iam": PAUSE})
        await there.pauses.write({})
        assert await here.pauses.read() == {"iam": PAUSE}
        assert await there.pauses.read() == {}


async def test_what_nobody_can_read_is_left_out(store_url: str) -> None:
    async with opened(store_url) as made:
        await made.pauses.write({"iam": PAUSE})
        async with made.engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE credential_pause SET doc = '{}'")
        assert await made.pauses.read() == {}


async def test_a_store_that_is_not_open_says_so() -> None:
    closed = store("sqlite:////nowhere/at/all.db")
    with pytest.raises(StoreUnavailableError):
        await closed.pauses.read()
    with pytest.raises(StoreUnavailableError):
        await closed.pauses.write({})


async def test_nothing_of_the_secret_is_in_the_table(store_url: str) -> None:
    salt = new_salt()
    async with opened(store_url) as made:
        await made.pauses.write({"iam": replace(PAUSE, salt=salt, mark=mark_of(GRANT, salt))})
        ((_, name, doc),) = await rows(made, "SELECT * FROM credential_pause")
    assert name == "iam"
    assert "password" not in doc


def test_a_mark_knows_the_same_grant_again_and_tells_others_apart() -> None:
    salt = new_salt()
    mark = mark_of(GRANT, salt)
    assert mark == mark_of(replace(GRANT, timeout=1.0), salt)
    assert len(mark) == 3, "twelve bits"
    others = [
        replace(GRANT, proof={**GRANT.proof, "password": f"the-password-{n}"}) for n in range(3)
    ]
    others += [replace(GRANT, token_url="https://other"), replace(GRANT, client={})]
    assert sum(mark_of(other, salt) == mark for other in others) <= 1, "one in 4096, by chance"


def test_a_salt_is_another_one_each_time() -> None:
    assert len({new_salt() for _ in range(100)}) == 100
