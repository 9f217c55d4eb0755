"""Files with the secrets of credentials, read again and again: a rotated one needs no restart."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from monitor.app.secrets import ReferencedSecret, secret_in
from monitor.app.settings import Settings
from monitor.app.settings.credential import AnyCredential
from monitor.app.threads import in_a_thread

log = logging.getLogger("omilia_monitor.credentials")

Credentials = Mapping[str, AnyCredential]


class SecretFiles:
    """Looks whether files have changed. `rotated` is handed the credentials that have, made anew.

    What is new is believed when it reads the same twice, because a file may be half written, and a
    password that is half wrong is a wrong password. A file that cannot be used changes nothing.
    """

    def __init__(
        self, settings: Callable[[], Settings], rotated: Callable[[Credentials], None]
    ) -> None:
        self._settings = settings
        self._rotated = rotated
        self._seen: dict[Path, str] = {}
        self._complaints: dict[Path, str] = {}

    async def look(self) -> None:
        """Read every file once; to be called every few seconds. Reads beside the loop."""
        before = self._settings().credentials
        files = dict(pair for held in before.values() for pair in _in_files(held).values())
        if not files:
            return
        read = await in_a_thread(lambda: {file: _read(file) for file in files}, "secret files")
        if self._settings().credentials is not before:
            return  # a reload has read them all meanwhile
        news = {}
        for file, (text, complaint) in read.items():
            self._complain(file, complaint)
            changed = not complaint and text != files[file].get_secret_value()
            if changed and self._seen.get(file) == text:
                news[file] = text
            self._seen[file] = text if changed else ""
        renewed = {name: _renewed(held, news) for name, held in before.items()}
        renewed = {name: held for name, held in renewed.items() if held is not before[name]}
        if renewed:
            self._rotated(renewed)

    def _complain(self, file: Path, complaint: str) -> None:
        if complaint and complaint != self._complaints.get(file):
            log.warning("credential.file_unusable", extra={"why": complaint})
        self._complaints[file] = complaint


def _in_files(held: AnyCredential) -> dict[str, tuple[Path, ReferencedSecret]]:
    """Return the secrets of a credential that stand in files, with these, by their key."""
    found = {}
    for key in type(held).model_fields:
        value = getattr(held, key)
        if isinstance(value, ReferencedSecret) and value.file is not None:
            found[key] = value.file, value
    return found


def _read(file: Path) -> tuple[str, str]:
    """Return what a file holds, and what is wrong with it."""
    try:
        return secret_in(file), ""
    except ValueError as error:
        return "", str(error)


def _renewed(held: AnyCredential, news: Mapping[Path, str]) -> AnyCredential:
    """Return a credential with what is new in it; the same one when nothing is."""
    update = {
        key: ReferencedSecret(news[file], one.reference, file)
        for key, (file, one) in _in_files(held).items()
        if file in news
    }
    return held.model_copy(update=update) if update else held
