"""Mail over STARTTLS with a login, and servers that take a letter for some: for real."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult
from pydantic import SecretStr, TypeAdapter

from alerts.attempt import Attempt, Reason, Result
from alerts.channels import ChannelConfig, make
from alerts.policy import Why
from tests.alerts.channels.test_email import ONE, Office, posting
from tests.alerts.channels.test_paging import Story
from tests.clock import FakeClock

CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)
pytestmark = pytest.mark.filterwarnings("ignore:Session.login_data is deprecated")
PASSWORD = "pass-word-1234567"


@asynccontextmanager
async def secure(folder: Path) -> AsyncIterator[tuple[Office, int]]:
    """Run a server that wants TLS and then a login, with a certificate of our own authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    office, loop = Office(), asyncio.get_running_loop()

    def login(*said: Any) -> AuthResult:
        known = (said[-1].login, said[-1].password) == (b"monitor", PASSWORD.encode())
        return AuthResult(success=known, handled=known)

    def server() -> SMTP:
        return SMTP(
            office,
            hostname="post.example.org",
            loop=loop,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=login,
        )

    listening = await loop.create_server(server, "127.0.0.1", 0)
    async with listening:
        yield office, listening.sockets[0].getsockname()[1]


async def told(port: int, password: str = PASSWORD) -> Attempt:
    config = {
        "kind": "email",
        "smtp": f"smtp://127.0.0.1:{port}",
        "from": "monitor@example.org",
        "to": ["ops@example.org"],
        "user": "monitor",
        "password": SecretStr(password),
        "tls": "required",
    }
    channel = make("mail", CONFIGS.validate_python(config), FakeClock())
    return await Story(channel).tell(ONE, Why.FIRST)


async def test_a_mail_goes_over_tls_and_after_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with secure(tmp_path) as (office, port):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert (await told(port)).result is Result.TOLD
        assert len(office.mails) == 1


async def test_a_password_that_is_wrong_is_a_misconfiguration_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with secure(tmp_path) as (office, port):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        attempt = await told(port, "another-pass-word")
        assert (attempt.result, attempt.reason) == (Result.MISCONFIGURED, Reason.AUTH)
        assert "another-pass-word" not in attempt.error
        assert office.mails == []


async def test_a_server_that_nobody_vouches_for_gets_neither_mail_nor_password(
    tmp_path: Path,
) -> None:
    async with secure(tmp_path) as (office, port):
        assert (await told(port)).result is Result.UNREACHABLE
        assert office.mails == []


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        ({"ops": "450 greylisted"}, Result.TOLD),
        ({"ops": "450 greylisted", "boss": "450 greylisted"}, Result.UNREACHABLE),
        ({"ops": "550 unknown", "boss": "450 greylisted"}, Result.UNREACHABLE),
        ({"ops": "550 unknown", "boss": "421 too many"}, Result.THROTTLED),
        ({"ops": "550 unknown", "boss": "553 unknown"}, Result.MISCONFIGURED),
    ],
)
async def test_what_may_pass_for_one_recipient_may_pass(
    answers: dict[str, str], result: Result
) -> None:
    async with posting() as (office, channel):
        office.refuse_rcpt = {f"{who}@example.org": said for who, said in answers.items()}
        assert (await Story(channel).tell(ONE, Why.FIRST)).result is result
        assert len(office.mails) == (result is Result.TOLD)
