"""docs/runbook.md has a line for everything that can wake somebody, and its recipes work."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from alerts.channel_state import Condition
from monitor.adapters.store import Retention, estimate
from monitor.adapters.store.backlog import MAX_INCIDENTS, MAX_MOVES, MAX_OUTCOMES
from monitor.adapters.store.space import CRITICAL, MB, SCARCE
from monitor.app.tending import Heartbeat
from monitor.core.exchange import Fault
from monitor.core.health import Health
from monitor.core.outcome import EFFECTS, Category, Effect
from tests.contracts.tree import DOCS, blocks, section, table, ticked

PAGE = (DOCS / "runbook.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("head", "words"),
    [("Category", Category), ("Health", Health), ("Fault", Fault), ("Condition", Condition)],
)
def test_every_word_has_its_line_and_every_line_its_word(
    head: str, words: type[Category | Health | Fault | Condition]
) -> None:
    rows = table(PAGE, head)
    assert [ticked(row[0])[0] for row in rows] == [ticked(row[0])[-1] for row in rows]
    assert sorted(ticked(row[0])[0] for row in rows) == sorted(words)
    assert all(all(row) for row in rows), "what it means, and what to do"


def test_it_says_which_refusals_never_trip_a_breaker() -> None:
    (sentence,) = re.findall(r"^(`.*?) never trip a breaker", PAGE, re.MULTILINE)
    neutral = {category for category, effect in EFFECTS.items() if effect is Effect.NEUTRAL}
    assert set(ticked(sentence)) == neutral - {Category.BLOCKED}


def test_its_numbers_are_those_of_the_code() -> None:
    spaced = (
        f"{number:,}".replace(",", " ") for number in (MAX_OUTCOMES, MAX_MOVES, MAX_INCIDENTS)
    )
    assert "({} outcomes, {} moves, {} incidents)".format(*spaced) in PAGE
    assert f"Below {SCARCE // MB} MB free" in PAGE
    assert f"below {CRITICAL // MB} MB" in PAGE
    assert f"stood still for {Heartbeat.LOST:g} s" in PAGE


def test_its_example_of_sizes_is_right() -> None:
    (endpoints, megabytes) = re.findall(r"(\d+) endpoints a minute .* about (\d+) MB", PAGE)[0]
    size = estimate(int(endpoints) / 60, int(endpoints), Retention())
    assert int(megabytes) == pytest.approx(size / 1e6, rel=0.05)


def test_the_recipe_for_a_backup_takes_what_is_in_the_log_beside_the_file(tmp_path: Path) -> None:
    (recipe,) = blocks(section(PAGE, "## Back up and restore"), "python")
    with closing(sqlite3.connect(tmp_path / "omilia-monitor.db")) as daemon:
        daemon.execute("PRAGMA journal_mode=WAL")
        daemon.execute("CREATE TABLE fact (what)")
        daemon.execute("INSERT INTO fact VALUES ('the newest')")
        daemon.commit()
        assert (tmp_path / "omilia-monitor.db-wal").stat().st_size > 0
        # In a process of its own, as whoever was woken runs it while the daemon has the file open.
        subprocess.run([sys.executable, "-c", recipe], cwd=tmp_path, check=True)
    with closing(sqlite3.connect(tmp_path / "backup.db")) as copy:
        assert copy.execute("SELECT what FROM fact").fetchall() == [("the newest",)]
