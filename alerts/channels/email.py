"""The channel `email`: one thread for each incident, with text and HTML, by SMTP."""

import asyncio
import html
import ssl
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import AfterValidator, Field, model_validator

from alerts.alert import Severity
from alerts.attempt import Attempt, Reason, Result
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.own_words import Spoken
from alerts.config import Duration, Secret
from alerts.message import Notification
from alerts.moment import Clock
from alerts.redact import Redactor
from alerts.words import Words, colour_of, words

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_BUSY = 421
"""RFC 5321: the service is not available, and closes the channel."""
_PERMANENT = 500


def _is_server(value: str) -> str:
    parsed = urlsplit(value)
    try:
        usable = parsed.scheme in ("smtp", "smtps") and parsed.hostname and parsed.port != 0
    except ValueError:
        usable = False
    if not usable or parsed.path.strip("/"):
        raise ValueError("not an SMTP server; write smtp://host:587 or smtps://host:465")
    if parsed.username or parsed.password:
        raise ValueError("a user and password are not written in the URL; write user and password")
    return value


def _is_address(value: str) -> str:
    try:
        address = Address(addr_spec=value)
    except (ValueError, IndexError):
        address = Address()
    if not address.domain or any(character <= " " for character in value):
        raise ValueError("not an address; write somebody@example.org")
    return value


MailAddress = Annotated[str, AfterValidator(_is_address)]


class EmailConfig(Spoken):
    """Mail, over an SMTP server."""

    kind: Literal["email"]
    """Mail, over an SMTP server."""
    smtp: Annotated[str, AfterValidator(_is_server)]
    """The server: `smtp://host:587`, or `smtps://host:465` with TLS from the first byte."""
    from_: MailAddress = Field(alias="from")
    """Who writes."""
    to: list[MailAddress] = Field(min_length=1)
    """Who is written to."""
    user: str | None = None
    """Whom to log in as."""
    password: Secret | None = None
    """With which password."""
    tls: Literal["auto", "required", "none"] = "auto"
    """STARTTLS: `auto` requires it, except on loopback."""
    timeout: Annotated[Duration, Field(gt=0, le=60)] = 30.0
    """How long one attempt may take in all."""

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together; write both or none")
        return self


class EmailChannel:
    """Writes one mail for each piece of news. A repetition has the same Message-ID."""

    kind = "email"
    lifecycle = Lifecycle(edits=True)

    def __init__(self, name: str, config: EmailConfig, clock: Clock) -> None:
        del clock
        self.name = name
        self._config = config
        parsed = urlsplit(config.smtp)
        self._host = unquote(parsed.hostname or "")
        self._direct = parsed.scheme == "smtps"
        self._port = parsed.port or (465 if self._direct else 587)
        wanted = config.tls == "required" or (config.tls == "auto" and self._host not in _LOOPBACK)
        self._starttls = wanted and not self._direct
        self._password = config.password.get_secret_value() if config.password else None
        self._redactor = Redactor("", [self._password] if self._password else [])

    async def send(self, notification: Notification) -> Attempt:
        """Write one mail. Until the server has all of it, it has surely not been sent."""
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._direct,
            start_tls=self._starttls,
            timeout=self._config.timeout,
            tls_context=ssl.create_default_context() if self._direct or self._starttls else None,
        )
        under_way = False
        try:
            async with asyncio.timeout(self._config.timeout):
                await client.connect()
                if self._config.user and self._password:
                    await client.login(self._config.user, self._password)
                await client.mail(self._config.from_)
                refused = await self._recipients(client)
                under_way = True
                await client.data(mail(notification, self._config).as_bytes())
                return Attempt(Result.TOLD, detail=refused)
        except aiosmtplib.SMTPResponseException as error:
            return self._answered(error, under_way=under_way)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            slow = isinstance(error, TimeoutError)
            result = Result.UNKNOWN if under_way else Result.UNREACHABLE
            reason = Reason.TIMEOUT if slow else Reason.NETWORK
            return Attempt(result, reason, type(error).__name__)
        finally:
            client.close()

    async def close(self) -> None:
        """Do nothing: every mail has a connection of its own."""

    async def _recipients(self, client: aiosmtplib.SMTP) -> str:
        """Name everybody; one who is not known there must not keep the others from hearing."""
        refusals: list[aiosmtplib.SMTPResponseException] = []
        for recipient in self._config.to:
            try:
                await client.rcpt(recipient)
            except aiosmtplib.SMTPRecipientRefused as error:
                refusals.append(error)
        if len(refusals) == len(self._config.to):
            raise min(refusals, key=lambda one: one.code)  # what may pass comes first
        return f"{len(refusals)} recipients were refused" if refusals else ""

    def _answered(self, error: aiosmtplib.SMTPResponseException, *, under_way: bool) -> Attempt:
        """Understand a refusal: 4yz may pass, 5yz is about the mail or about us (RFC 5321)."""
        words_ = self._redactor.clean(error.message)
        detail = f"SMTP {error.code}: {words_}"
        if error.code == _BUSY:
            return Attempt(Result.THROTTLED, Reason.RATE_LIMITED, detail)
        if error.code < _PERMANENT:
            return Attempt(Result.UNREACHABLE, Reason.SERVER, detail)
        if under_way:
            return Attempt(Result.REFUSED, Reason.CLIENT, detail)
        known = isinstance(error, aiosmtplib.SMTPAuthenticationError)
        return Attempt(Result.MISCONFIGURED, Reason.AUTH if known else Reason.CLIENT, detail)


def mail(notification: Notification, config: EmailConfig) -> EmailMessage:
    """Write the mail. Headers are made by the standard library, which lets no line break in."""
    said, alert = words(notification), notification.alert
    said = replace(
        said,
        title=_clean(said.title),
        short=_clean(said.short),
        lines=tuple((_clean(label), _clean(text)) for label, text in said.lines),
    )
    host = config.from_.rpartition("@")[2]
    root = f"<{_word(alert.id)}@{host}>"
    message = EmailMessage()
    message["Subject"] = " ".join(said.title.split())
    message["From"] = config.from_
    message["To"] = ", ".join(config.to)
    message["Date"] = format_datetime(notification.now)
    message["Message-ID"] = f"<{_word(notification.id)}@{host}>"
    message["In-Reply-To"] = root
    message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["X-Priority"] = "1" if alert.severity is Severity.CRITICAL else "3"
    message.set_content(_text(said))
    if not notification.plain:
        message.add_alternative(_html(said, colour_of(alert)), subtype="html")
    return message


def _clean(text: str) -> str:
    """Replace what no mail can carry: half a character, from JSON that was cut."""
    return text.encode("utf-8", "replace").decode()


def _word(text: str) -> str:
    """Make an id fit for a Message-ID (RFC 5322, 3.6.4)."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-._") else "-" for c in text)


def _text(said: Words) -> str:
    width = max((len(label) for label, _ in said.lines), default=0) + 1
    lines = [f"{label + ':':<{width}} {text}" for label, text in said.lines]
    if said.body is not None:
        lines = [said.body]
    return "\n".join([said.short, "", *lines, "", *([said.link] if said.link else [])]) + "\n"


def _html(said: Words, colour: str) -> str:
    cell = 'style="padding:2px 12px 2px 0;vertical-align:top"'
    rows = "".join(
        f"<tr><th {cell} align=left>{html.escape(label)}</th>"
        f"<td {cell}>{html.escape(text)}</td></tr>"
        for label, text in said.lines
    )
    facts = f'<table style="border-collapse:collapse">{rows}</table>'
    if said.body is not None:
        facts = f'<p style="white-space:pre-wrap">{html.escape(said.body)}</p>'
    link = said.link and f'<p><a href="{html.escape(said.link)}">the incident</a></p>'
    return (
        '<div style="font-family:sans-serif;max-width:44em">'
        f'<h2 style="border-left:6px solid {colour};padding-left:10px">'
        f"{html.escape(said.title)}</h2>"
        f"<p>{html.escape(said.short)}</p>"
        f"{facts}{link}</div>"
    )
