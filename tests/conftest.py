"""What tests in more than one folder share: databases, both kinds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import ForeignPostgres, Postgres, running

# No test may depend on how fast the machine is.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres | ForeignPostgres]:
    """A server that gives databases. Do not stop this one; `own_postgres` is for that."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def mortal_postgres() -> Iterator[Postgres]:
    """A server that may die; ask for `own_postgres`, which has it alive at the beginning."""
    server = Postgres()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def own_postgres(mortal_postgres: Postgres) -> Postgres:
    """A running server that the test has for itself, to be stopped and killed."""
    mortal_postgres.revive()
    return mortal_postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database: every test that asks for it runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    server: Postgres | ForeignPostgres = request.getfixturevalue("postgres")
    return server.database()
