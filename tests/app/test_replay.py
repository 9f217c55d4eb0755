"""`replay`: the daemon's own story played again, and what other settings would have made of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.app.cli import main
from monitor.app.loader import loads
from monitor.app.replay.compare import compare
from monitor.app.replay.line import UnreadableError, read_lines, written
from monitor.app.replay.player import Player
from monitor.app.replay.source import from_store
from monitor.core.breaker import Move
from monitor.core.outcome import Category, Effect, Outcome
from monitor.ports import News
from tests import stores
from tests.app.world import CONFIG, World
from tests.clock import START
from tests.examples import an_outcome

PLAIN = """
endpoints:
  - {id: a, url: "http://127.0.0.1:9/", breaker: {fail_max: 3}}
  - {id: b, url: "http://127.0.0.1:9/"}
"""
WORDS = {".": Category.OK, "x": Category.SERVER_ERROR, "w": Category.THROTTLED}


def story(words: str, endpoint: str = "a", every: float = 60.0) -> list[Outcome]:
    return [
        an_outcome(WORDS[word], endpoint=endpoint, at=START + timedelta(seconds=n * every))
        for n, word in enumerate(words)
    ]


async def each(outcomes: list[Outcome]) -> AsyncIterator[Outcome]:
    for outcome in sorted(outcomes, key=lambda one: one.at):
        yield outcome


async def played(outcomes: list[Outcome], **files: str) -> Any:
    return await compare(each(outcomes), {name: loads(text) for name, text in files.items()})


# ---------------------------------------------------------------- golden stories


async def test_a_story_side_by_side_with_other_settings() -> None:
    """Two failures that pass, then an outage of five minutes."""
    found = await played(
        story(".....xx.......xxxxx........"), today=PLAIN, keen=PLAIN.replace("max: 3", "max: 2")
    )
    today, keen = found["settings"]
    assert [today[key] for key in ("incidents", "pages", "trips", "false_alarms")] == [1, 1, 1, 0]
    assert [keen[key] for key in ("incidents", "pages", "trips", "false_alarms")] == [2, 2, 2, 1]
    assert today["time_to_detect"] == {"median": 120.0, "longest": 120.0}
    assert keen["time_to_detect"] == {"median": 60.0, "longest": 60.0}
    # Failures at 5, 6 and 14 to 18; two good trials close it, at 20.
    assert (today["let_through_minutes"], today["blocked_minutes"]) == (4.0, 4.0)
    assert (keen["let_through_minutes"], keen["blocked_minutes"]) == (2.0, 8.0)
    first, second = found["outages"]
    assert first["detected_after"] == [None, 60.0]
    assert (second["failures"], second["seconds"]) == (5, 240.0)
    assert second["detected_after"] == [120.0, 60.0]
    assert found["passing_trouble"] == 0


async def test_who_is_not_asked_does_not_hear_but_what_was_true_still_counts() -> None:
    """An open breaker asks nobody before its time: failures while it is open find it waiting."""
    patient = PLAIN.replace("fail_max: 3", "fail_max: 3, reset_timeout: 5m, max_open: 5m")
    found = await played(story("xxxx......"), today=PLAIN, patient=patient)
    today, patient_too = found["settings"]
    assert (today["false_alarms"], patient_too["false_alarms"]) == (0, 0)
    assert (today["blocked_minutes"], patient_too["blocked_minutes"]) == (3.0, 6.0)


async def test_what_needs_another_is_blocked_by_it_and_is_no_page_of_its_own() -> None:
    both = story("xxxxx.....") + [
        one for one in story("xxxxx.....", "b") if one.at > START + timedelta(minutes=1)
    ]
    apart = await played(both, today=PLAIN)
    assert apart["settings"][0]["pages"] == 2
    needed = await played(both, today=PLAIN.replace('"}', '", needs: [a]}'))
    assert needed["settings"][0]["pages"] == 1


async def test_silence_that_was_ours_stays_ours() -> None:
    silent = [
        an_outcome(Category.UNREACHABLE, endpoint="a", at=one.at, effect=Effect.NEUTRAL)
        for one in story("xxxx")
    ]
    found = await played(silent, today=PLAIN)
    assert (found["settings"][0]["trips"], found["outages"], found["passing_trouble"]) == (0, [], 0)


async def test_orders_of_the_file_decide_about_who_may_call() -> None:
    forced = PLAIN.replace("fail_max: 3", "fail_max: 3, mode: forced_closed")
    found = await played(story("xxxx......"), today=PLAIN, forced=forced)
    assert found["settings"][0]["blocked_minutes"] > 0
    assert found["settings"][1]["blocked_minutes"] == 0
    assert found["settings"][1]["trips"] == 1, "it is judged all the same"


async def test_who_is_not_watched_by_all_is_left_out_and_said_to_be() -> None:
    found = await played(story("...") + story("xxx", "gone"), today=PLAIN)
    assert (found["outcomes"], found["left_out"]) == (3, {"gone": 3})
    assert await played(story("...", "gone"), today=PLAIN) is None


async def test_the_same_record_gives_the_same_figures() -> None:
    record = story("..xxxxx.x..w...x.....xxx....")
    assert await played(record, today=PLAIN) == await played(record, today=PLAIN)


# ---------------------------------------------------------------- the daemon's own record


class Seen(Player):
    """A player that remembers every move."""

    moves: list[tuple[str, Move, int, datetime]]

    def publish(self, news: News) -> None:
        super().publish(news)
        for one in news.moves:
            self.moves.append((news.endpoint.id, one.move, one.epoch, one.at))


async def test_unchanged_settings_move_when_the_daemon_moved(tmp_path: Path) -> None:
    """An outage with re-trips, a 429, and trouble that passes; one endpoint needs another."""
    config = CONFIG.replace('domains/"', 'domains/", needs: [status]')
    async with World(tmp_path, config) as world:
        began = world.clock.now()
        await world.pass_(120)
        world.break_(do="fail", where="envs-manager", status=503)
        world.break_(do="fail", where="orchestrator", status=503)
        await world.pass_(200)
        world.mend()
        await world.pass_(200)
        world.break_(do="throttle", where="metrics", retry_after="90s")
        await world.pass_(100)
        world.mend()
        await world.pass_(300)
        world.break_(do="reset", where="envs-manager")
        await world.pass_(62)
        world.mend()
        await world.pass_(300)
        await stores.written(world.daemon.store)
        happened = {
            name: [
                (one.move, one.epoch)
                for one in await world.daemon.store.moves(name, limit=500, newest_first=False)
            ]
            for name in ("status", "domains", "tables")
        }
        trips = [
            one.at
            for one in await world.daemon.store.moves("status", limit=500)
            if one.move is Move.TRIP
        ]
        settings, end = world.settings(), world.clock.now()
        # The daemon is there and goes on writing: nothing of it is disturbed.
        record = [one async for one in from_store(settings, began, end)]
    player = Seen("today", settings, began)
    player.moves = []
    for outcome in record:
        await player.play(outcome, None)
    found = {
        name: [(move, epoch) for who, move, epoch, _ in player.moves if who == name]
        for name in happened
    }
    assert all(happened[name] for name in ("status", "tables"))
    assert found == happened
    replayed = [at for who, move, _, at in player.moves if (who, move) == ("status", Move.TRIP)]
    for then, now in zip(sorted(trips), sorted(replayed), strict=True):
        assert abs(then - now) < timedelta(milliseconds=2), "the store keeps milliseconds"


# ---------------------------------------------------------------- the file


def test_a_line_is_read_as_it_was_written(tmp_path: Path) -> None:
    outcomes = story(".xw.")
    file = tmp_path / "record.jsonl"
    file.write_text("\n".join(written(one) for one in reversed(outcomes)) + "\n\n")
    assert [replaced(one) for one in read_lines(file)] == [replaced(one) for one in outcomes]


def replaced(outcome: Outcome) -> tuple[object, ...]:
    one = outcome
    return one.endpoint, one.due, one.at, one.category, one.effect, one.status, one.latency


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "line 2: the line: Invalid JSON"),
        ('{"endpoint": "a", "at": "2026-11-22T18:00:00", "category": "ok"}', "line 2: at: "),
        ('{"endpoint": "a", "at": "2026-11-22T18:00:00Z", "category": "up"}', "line 2: category"),
        (
            '{"endpoint": "a", "at": "2026-11-22T18:00:00Z", "category": "ok", "x": 1}',
            "line 2: x: Extra",
        ),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "record.jsonl"
    file.write_text(f"{written(story('.')[0])}\n{line}\n")
    with pytest.raises(UnreadableError, match=said):
        read_lines(file)


# ---------------------------------------------------------------- the command


def call(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["replay", *map(str, args)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A record and two configurations."""
    record, today, keen = (tmp_path / name for name in ("r.jsonl", "today.yml", "keen.yml"))
    record.write_text("\n".join(map(written, story(".....xx......."))) + "\n")
    today.write_text(PLAIN)
    keen.write_text(PLAIN.replace("fail_max: 3", "fail_max: 2"))
    return record, today, keen


def test_the_command_lays_two_files_side_by_side(files: tuple[Path, Path, Path]) -> None:
    record, today, keen = files
    result = call(record, "-c", today, "--with", keen)
    assert result.exit_code == 0, result.output
    assert "today.yml" in result.output
    assert "not at all" in result.output
    as_json = json.loads(call(record, "-c", today, "--with", keen, "--json").stdout)
    assert [side["name"] for side in as_json["settings"]] == ["today.yml", "keen.yml"]
    assert [side["false_alarms"] for side in as_json["settings"]] == [0, 1]
    alone = json.loads(call(record, "-c", today, "--json").stdout)
    assert (len(alone["settings"]), alone["passing_trouble"]) == (1, 1)


def test_what_cannot_be_is_said_with_its_exit_code(
    files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    record, today, _ = files
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(PLAIN.replace("fail_max", "fail_mux"))
    assert call(record, "-c", today, "--with", wrong).exit_code == 2
    assert call("-c", today).exit_code == 2
    assert call(record, "-c", today, "--from", "yesterday").exit_code == 2
    missing = call(tmp_path / "none.jsonl", "-c", today)
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (3, True)
    empty = call(record, "-c", today, "--from", "2030-01-01T00:00:00Z")
    assert (empty.exit_code, "no outcome" in empty.stderr) == (3, True)
    nowhere = call(record, "-c", today, "--export", tmp_path / "no" / "where")
    assert (nowhere.exit_code, "cannot be written" in nowhere.stderr) == (3, True)


async def test_what_is_exported_from_the_store_plays_as_the_store_does(
    store_url: str, tmp_path: Path
) -> None:
    async with stores.opened(store_url) as store:
        for outcome in story("...xxxx......") + story("....", "b", every=3000.0):
            store.note(outcome)
        await stores.written(store)
        config, out = tmp_path / "m.yml", tmp_path / "out.jsonl"
        text = f"store: '{store_url}'\nlocation: here\n{PLAIN}"
        await asyncio.to_thread(config.write_text, text)
        since = ("-c", config, "--from", START.isoformat(), "--to", "2026-11-23T00:00:00Z")
        exported = await asyncio.to_thread(call, *since, "--export", out)
        assert exported.exit_code == 0, exported.output
        told = await asyncio.to_thread(call, *since, "--json")
        again = await asyncio.to_thread(call, out, "-c", config, "--json")
    assert told.exit_code == again.exit_code == 0, told.output
    assert json.loads(told.stdout) == json.loads(again.stdout)
    assert json.loads(told.stdout)["outcomes"] == 17
    assert json.loads(told.stdout)["settings"][0]["trips"] == 1


def test_without_a_store_nothing_can_be_read(tmp_path: Path) -> None:
    config = tmp_path / "m.yml"
    config.write_text(f"store: sqlite:///{tmp_path}/none.db\n{PLAIN}")
    result = call("-c", config, "--from", "2026-11-22T00:00:00Z")
    assert (result.exit_code, "no such file" in result.stderr) == (3, True)
    assert not (tmp_path / "none.db").exists()
