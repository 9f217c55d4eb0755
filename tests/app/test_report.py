"""`report`: from a store that a daemon writes, from its API, and from nothing at all."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.app.cli import main
from monitor.app.report import page, text
from monitor.app.report.words import percent
from monitor.app.spelling import lasting
from monitor.core.availability import Contract, Watch
from monitor.core.marks import RegionDown, Terms
from monitor.core.month import Month
from monitor.core.stretch import Mark, Presence, Stretch
from monitor.web.contract_views import contract_view
from monitor.web.models import ContractModel
from tests.adapters.test_web_contract import at, down
from tests.app.world import World
from tests.stores import opened, written

NOVEMBER = Month(2026, 11)
END = at(30, 23, 59)
NASTY = "<script>alert('x')</script> & \"quotes\""


def call(*args: str) -> Result:
    return CliRunner().invoke(main, ["report", *args])


def figures(*stretches: Stretch, terms: Terms | None = None) -> dict[str, Any]:
    watch = Watch("here", stretches or down(at(5), at(5, 0, 30)), [Presence(at(1), at(22))])
    return contract_view([watch], NOVEMBER, Contract(terms or Terms()), at(22))


# ---------------------------------------------------------------- what is written


def test_a_report_for_people_says_first_what_they_ask_first() -> None:
    lines = text(figures()).splitlines()
    assert "us1 in 2026-11 (UTC)" in lines[0]
    assert "99.9 % " in lines[0]
    assert "met so far" in lines[0]
    said = "\n".join(lines)
    assert "30 min 00 s of 43 min 12 s allowed, 13 min 12 s left" in said
    assert "2026-11-05 00:00:00" in said
    assert "HTTP 503" in said
    assert "by the end of the month, if it goes on like this" in said


def test_a_target_that_is_missed_is_said_to_be_by_how_much() -> None:
    assert "16 min 48 s too much" in text(figures(*down(at(5), at(5, 1))))


def test_what_is_not_counted_is_listed_with_its_reason() -> None:
    ours = Stretch(
        "nlu", Mark.OURS, at(3), at(4), region="us1", cause="credential", reason="HTTP 401"
    )
    said = text(figures(*down(at(5), at(5, 0, 30)), Stretch("nlu", Mark.UP, at(4)), ours))
    assert "Not counted" in said
    assert "not Omilia's (credential): nlu" in said
    assert "HTTP 401" in said


def test_what_came_from_outside_is_text_on_the_page() -> None:
    told = down(at(5), at(5, 0, 30), reason=NASTY, cause=NASTY, incident=NASTY)
    written = page(figures(*told))
    assert NASTY not in written
    assert "<script" not in written
    assert "&lt;script&gt;" in written


class Page(HTMLParser):
    """What a page holds: text, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.rects = 0
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href")]
        self.rects += tag == "rect"

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_needs_nothing_else_and_shows_the_month() -> None:
    written = page(figures())
    found = Page(written)
    assert found.fetched == []
    assert "url(" not in written
    assert "@import" not in written
    said = " ".join(" ".join(found.words).split())
    for wanted in ("November 2026", "us1", "99.9 % target: met so far", "30 min 00 s", "HTTP 503"):
        assert wanted in said
    assert found.rects == 2 * 3, "of the region and of its endpoint: up, down, still to come"


def test_a_month_of_a_thousand_endpoints_adds_up_and_is_shown() -> None:
    names = [f"endpoint-{number:03}" for number in range(1000)]
    told = [
        replace(one, endpoint=name, region=f"r{number % 4}", begin=max(one.begin, at(1)))
        for number, name in enumerate(names)
        for one in down(at(1 + number % 20), at(1 + number % 20, 0, 1))
    ]
    shown = figures(*told)
    for region in shown["regions"]:
        assert len(region["endpoints"]) == 250
        assert region["downtime"] == 5 * 60, "those of one region fail on the same five days"
        for one in (region, *region["endpoints"]):
            assert sum(one["seconds"].values()) == 30 * 86_400
    assert page(shown).count("<tr>") > len(names)
    assert text(shown).count("endpoint-") >= len(names)


@pytest.mark.parametrize("rule", list(RegionDown))
def test_every_way_to_count_is_explained_on_the_page(rule: RegionDown) -> None:
    words = {"any": "any of its", "majority": "more than half of its", "all": "all of its"}
    assert words[rule] in page(figures(terms=Terms(region_down=rule)))


@pytest.mark.parametrize("mark", list(Mark))
def test_every_mark_has_words_and_a_colour(mark: Mark) -> None:
    told = figures(Stretch("a", mark, at(1), None, region="us1", cause="c", reason="r"))
    assert text(told)
    assert f".f-{mark}" in page(told)


def test_a_month_that_nobody_watched_is_said_to_be_so() -> None:
    empty = contract_view([], NOVEMBER, Contract(), END)
    assert "Nothing was watched in 2026-11" in text(empty)
    assert "Nothing was watched in 2026-11" in page(empty)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (59.6, "1 min 00 s"),
        (2592, "43 min 12 s"),
        (3599.7, "1 h 00 min"),
        (93_600, "1 d 02 h"),
        (-90, "-1 min 30 s"),
    ],
)
def test_lengths_of_time_are_said_in_two_units(seconds: float, said: str) -> None:
    assert lasting(seconds) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "100.0000 %"), (0.99999999, "99.9999 %"), (0.999, "99.9000 %"), (None, "no figure")],
)
def test_only_what_is_whole_looks_whole(share: float | None, said: str) -> None:
    assert percent(share) == said


# ---------------------------------------------------------------- where it comes from


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[list[str]]:
    """A store that holds November, and the arguments to read it with."""
    store = f"sqlite:///{tmp_path}/kept.db"
    async with opened(store) as made:
        made.record(down(at(5), at(5, 0, 30)), Presence(at(1), END))
        await written(made)
        file = tmp_path / "m.yml"
        config = f"store: {store}\nendpoints: [{{id: a, url: 'http://127.0.0.1:9/'}}]\n"
        await asyncio.to_thread(file.write_text, config)
        yield ["--month", "2026-11", "-c", str(file)]


async def test_it_reads_the_store_beside_whoever_writes_it(kept: list[str]) -> None:
    result = await asyncio.to_thread(call, *kept, "--json")
    assert result.exit_code == 0, result.output
    answer = ContractModel.model_validate_json(result.stdout)
    assert answer.regions[0].downtime == 1800.0


async def test_the_exit_code_says_whether_the_target_is_met(
    kept: list[str], tmp_path: Path
) -> None:
    def strict() -> Result:
        file = Path(kept[-1])
        file.write_text(file.read_text() + "availability: {target: 99.99}\n")
        return call(*kept)

    result = await asyncio.to_thread(strict)
    assert result.exit_code == 1
    assert "missed" in result.output
    for args, said in (
        (["--month", "2020-01"], "nothing could be judged in 2020-01"),
        (["--region", "mars"], "no region 'mars' was watched in 2026-11; known: us1"),
    ):
        result = await asyncio.to_thread(call, *kept, *args)
        assert result.exit_code == 3
        assert said in result.stderr


async def test_it_is_written_to_a_file_without_colours(kept: list[str], tmp_path: Path) -> None:
    for form in ([], ["--html"], ["--json"]):
        out = tmp_path / "out"
        result = await asyncio.to_thread(call, *kept, *form, "-o", str(out))
        assert (result.exit_code, result.output) == (0, "")
        said = await asyncio.to_thread(out.read_text)
        assert "us1" in said
        assert "\x1b" not in said
    result = await asyncio.to_thread(call, *kept, "-o", str(tmp_path / "no" / "where"))
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr


def test_without_a_store_there_are_no_figures(tmp_path: Path) -> None:
    file = tmp_path / "m.yml"
    file.write_text(
        f"store: sqlite:///{tmp_path}/none.db\nendpoints: [{{id: a, url: 'http://127.0.0.1:9/'}}]"
    )
    result = call("-c", str(file))
    assert result.exit_code == 3
    assert "no such file" in result.stderr
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--month", "november"], "must be a month as in 2026-10"),
        (["--url", "http://a", "-c", "b"], "either --url or --config"),
    ],
)
def test_a_question_that_is_none_is_a_wrong_command(args: list[str], said: str) -> None:
    result = call(*args)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize("url", ["ftp://x", "nonsense", "http://127.0.0.1:9"])
def test_a_daemon_that_cannot_be_asked_is_said_to_be_so(url: str) -> None:
    result = call("--url", url)
    assert result.exit_code == 3
    assert url in result.stderr


async def test_a_daemon_and_its_store_say_the_same(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        await world.pass_(200)
        await written(world.daemon.store)
        month = ["--month", "2026-11", "--json"]
        asked = await asyncio.to_thread(call, "--url", world.daemon.url, *month)
        assert asked.exit_code == 0, asked.output
        answer = json.loads(asked.stdout)
        assert answer["regions"][0]["met"] is True
        watches = await world.daemon.store.watches(*NOVEMBER.span(Contract().zone))
        assert contract_view(watches, NOVEMBER, Contract(), world.clock.now()) == answer
        refused = await asyncio.to_thread(call, "--url", world.daemon.url, "--region", "mars")
        assert refused.exit_code == 3
        assert "There is no region 'mars'" in refused.stderr
        other = await asyncio.to_thread(call, "--url", world.omilia.url)
        assert other.exit_code == 3
