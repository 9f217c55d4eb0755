"""Mail, to a real SMTP server on loopback that remembers and refuses on cue."""

import asyncio
import contextlib
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import TypeAdapter, ValidationError

from alerts.attempt import Attempt, Result
from alerts.channels import ChannelConfig, make
from alerts.channels.email import EmailChannel
from alerts.policy import Why
from tests.alerts.channels.test_paging import FACTS, Story
from tests.alerts.kit import alert, resolved
from tests.clock import FakeClock

CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)
ONE = replace(
    alert("20261122T180000Z-here-chat", facts=FACTS),
    title="chat is down\r\nBcc: everybody@example.org",
    reason="<b>3</b> failures",
)


class Office:
    """Answers as told, and keeps what it took."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.recipients: list[list[str]] = []
        self.refuse_rcpt: dict[str, str] = {}
        self.data = "250 OK"
        self.mail = ""
        self.once: list[tuple[str, str]] = []
        """Where something is answered otherwise the next time; "" says nothing at all."""
        self.closing = asyncio.Event()

    async def answer(self, where: str, usual: str) -> str:
        """Say what is said at one place, this time."""
        if self.once and self.once[0][0] == where:
            usual = self.once.pop(0)[1]
        if not usual:
            await self.closing.wait()
        return usual or "451 closing"

    async def handle_MAIL(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        envelope.mail_from = address
        return await self.answer("mail", self.mail or "250 OK")

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refuse_rcpt:
            return self.refuse_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        answer = await self.answer("data", self.data)
        if answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(email.message_from_bytes(content, policy=email.policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
        return answer


@asynccontextmanager
async def posting(**more: Any) -> AsyncIterator[tuple[Office, EmailChannel]]:
    office = Office()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(office, hostname="post.example.org", loop=loop), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    config = {
        "kind": "email",
        "smtp": f"smtp://127.0.0.1:{port}",
        "from": "monitor@example.org",
        "to": ["ops@example.org", "boss@example.org"],
        **more,
    }
    channel = make("mail", CONFIGS.validate_python(config), FakeClock())
    assert isinstance(channel, EmailChannel)
    async with server:
        try:
            yield office, channel
        finally:
            office.closing.set()


async def test_an_incident_is_one_thread_and_a_repetition_has_the_same_id() -> None:
    async with posting() as (office, channel):
        for _ in range(2):
            assert (await Story(channel).tell(ONE, Why.FIRST)).result is Result.TOLD
        over = replace(resolved(ONE), title="resolved: chat works again")
        assert (await Story(channel).tell(over, Why.RESOLVED, 61.0)).result is Result.TOLD
    first, again, end = office.mails
    assert first["Message-ID"] == again["Message-ID"] != end["Message-ID"]
    assert first["In-Reply-To"] == end["In-Reply-To"] == end["References"]
    assert end["Subject"] == "resolved: chat works again"
    assert first["Auto-Submitted"] == "auto-generated"
    assert office.recipients[0] == ["ops@example.org", "boss@example.org"]


async def test_a_mail_has_text_and_html_and_no_header_can_be_smuggled_in() -> None:
    async with posting() as (office, channel):
        await Story(channel).tell(ONE, Why.FIRST)
    (mail,) = office.mails
    assert "Bcc" not in mail
    assert mail["Subject"].startswith("ERROR: chat is down Bcc:")
    text = mail.get_body(("plain",)).get_content()
    page = mail.get_body(("html",)).get_content()
    assert "Whose fault: Omilia answers with errors." in text
    assert "&lt;b&gt;3&lt;/b&gt; failures" in page
    assert "https://monitor.example.org/v1/incidents/A" in text


@pytest.mark.parametrize(
    ("where", "answer", "result"),
    [
        ("data", "451 later", Result.UNREACHABLE),
        ("data", "554 spam", Result.REFUSED),
        ("data", "421 closing", Result.THROTTLED),
        ("mail", "550 who are you", Result.MISCONFIGURED),
        ("mail", "451 busy", Result.UNREACHABLE),
    ],
)
async def test_a_refusal_is_understood(where: str, answer: str, result: Result) -> None:
    async with posting() as (office, channel):
        setattr(office, where, answer)
        attempt = await Story(channel).tell(ONE, Why.FIRST)
    assert attempt.result is result
    assert office.mails == []


async def test_one_unknown_recipient_does_not_keep_the_others_from_hearing() -> None:
    async with posting() as (office, channel):
        office.refuse_rcpt = {"boss@example.org": "550 unknown"}
        attempt = await Story(channel).tell(ONE, Why.FIRST)
        assert (attempt.result, attempt.detail) == (Result.TOLD, "1 recipients were refused")
        office.refuse_rcpt["ops@example.org"] = "550 unknown"
        assert (await Story(channel).tell(ONE, Why.FIRST)).result is Result.MISCONFIGURED


async def test_a_server_without_tls_gets_no_mail_when_tls_is_required() -> None:
    async with posting(tls="required") as (office, channel):
        attempt = await Story(channel).tell(ONE, Why.FIRST)
    assert attempt.result is Result.UNREACHABLE
    assert office.mails == []


async def _told_by(server: Any, timeout: str) -> Attempt:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await server(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            ended.set()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    config = {
        "kind": "email",
        "smtp": f"smtp://127.0.0.1:{port}",
        "from": "monitor@example.org",
        "to": ["ops@example.org"],
        "timeout": timeout,
    }
    channel = make("mail", CONFIGS.validate_python(config), FakeClock())
    async with listening:
        attempt = await Story(channel).tell(ONE, Why.FIRST)
        async with asyncio.timeout(30):
            await ended.wait()
        return attempt


async def test_a_server_that_says_nothing_was_not_told() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    assert (await _told_by(silent, "300ms")).result is Result.UNREACHABLE


async def test_a_server_that_goes_away_after_the_mail_may_have_it() -> None:
    async def goes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            if line == b".\r\n":
                break  # it has the mail, and says nothing
            if line[:4].upper() in (b"EHLO", b"MAIL", b"RCPT"):
                writer.write(b"250 OK\r\n")
            elif line[:4].upper() == b"DATA":
                writer.write(b"354 go on\r\n")

    assert (await _told_by(goes, "40s")).result is Result.UNKNOWN


async def test_nobody_there_was_not_told() -> None:
    config = {"kind": "email", "smtp": "smtp://127.0.0.1:9", "from": "a@b.org", "to": ["c@d.org"]}
    channel = make("mail", CONFIGS.validate_python(config), FakeClock())
    assert (await Story(channel).tell(ONE, Why.FIRST)).result is Result.UNREACHABLE


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"smtp": "http://x"}, "not an SMTP server"),
        ({"smtp": "smtp://me:pw@x"}, "not written in the URL"),
        ({"to": []}, "at least 1"),
        ({"to": ["nobody"]}, "not an address"),
        ({"from": "a b@x.org"}, "not an address"),
        ({"user": "me"}, "go together"),
    ],
)
def test_what_cannot_work_is_refused(change: dict[str, Any], says: str) -> None:
    good = {"kind": "email", "smtp": "smtp://x:25", "from": "a@b.org", "to": ["c@d.org"]}
    with pytest.raises(ValidationError, match=says):
        CONFIGS.validate_python(good | change)
