"""Mail out of the house: one letter as a message, handed to the office's own SMTP server."""

import asyncio
import datetime as dt
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Final, Literal

from cms.kernel.errors import Invalid
from cms.notices.words import Words

_TIME_LIMIT: Final = 20.0
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_REFUSED_FOR_GOOD: Final = 500


class NotCarried(Exception):
    """A letter did not leave; `code` says why, `final` that trying again is of no use."""

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The office's server. `security` is TLS from the start, after STARTTLS, or none for a server on this machine."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


def mail_address(text: str) -> str:
    """An address as people type it; empty means none. Raises Invalid `notices.bad_mail`."""
    address = text.strip()
    if address and (len(address) > 254 or _ADDRESS.fullmatch(address) is None):
        raise Invalid("notices.bad_mail", fields={"mail": "notices.bad_mail"})
    return address


def message_of(words: Words, *, sender: str, to: str, key: str, at: dt.datetime) -> EmailMessage:
    """The message; `key` is the letter's own id, so that a server that gets it twice can tell."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = words.title[:200]
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(key, parseaddr(sender)[1].partition("@")[2] or "yunping.local")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(words.body)
    return message


async def send_mail(settings: MailSettings, message: EmailMessage) -> None:
    """Raises NotCarried; the server is spoken to in a thread, because its protocol is a conversation."""
    await asyncio.to_thread(_send, settings, message)


def _send(settings: MailSettings, message: EmailMessage) -> None:
    try:
        with _opened(settings) as server:
            if settings.user:
                server.login(settings.user, settings.password)
            server.send_message(message)
    except smtplib.SMTPAuthenticationError as problem:
        raise NotCarried("notices.mail_login") from problem
    except smtplib.SMTPRecipientsRefused as problem:
        codes = [code for code, _ in problem.recipients.values()]
        raise NotCarried("notices.mail_address", final=min(codes) >= _REFUSED_FOR_GOOD) from problem
    except (smtplib.SMTPException, OSError) as problem:
        raise NotCarried("notices.mail_away") from problem


def _opened(settings: MailSettings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=_TIME_LIMIT, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=_TIME_LIMIT)
    if settings.security == "starttls":
        try:
            server.starttls(context=context)
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
    return server
