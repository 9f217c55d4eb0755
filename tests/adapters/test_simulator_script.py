"""Scripts: what holds when is pure; the simulator plays it by the clock that it was given."""

import asyncio
import json
import math
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.clock import SystemClock
from monitor.omilia.simulator import Fault, Script, ScriptError, Simulator, load_script
from monitor.omilia.simulator.script import Occurrence
from tests.clock import FakeClock

EXAMPLE = Path("docs/examples/outage-script.yml")
STATUS = "/envs-manager/api/status"
SCRIPT = """
- {at: 5s, do: fail, where: envs-manager, status: 503, for: 10s}
- {at: 12s, do: throttle, for: 2s, every: 20s}
- {at: 1m, do: hang, where: chat}
"""


def ids(occurrences: tuple[Occurrence, ...]) -> list[str]:
    return [occurrence.id for occurrence in occurrences]


@pytest.mark.parametrize(
    ("t", "holding", "change"),
    [
        (0, [], 5),
        (4.999, [], 5),
        (5, ["step-1"], 12),
        (12, ["step-1", "step-2.1"], 14),
        (14, ["step-1"], 15),
        (15, [], 32),
        (32, ["step-2.2"], 34),
        (34, [], 52),
        (60, ["step-3"], 72),
        (73, ["step-2.4", "step-3"], 74),
    ],
)
def test_what_holds_depends_on_the_time_alone(t: float, holding: list[str], change: float) -> None:
    script = load_script(SCRIPT)
    assert ids(script.faults_at(t)) == holding
    assert script.next_change(t) == change


def test_what_began_is_told_even_when_it_is_over() -> None:
    script = load_script(SCRIPT)
    assert ids(script.begun(-math.inf, 4)) == []
    assert ids(script.begun(4, 5)) == ["step-1"]
    assert ids(script.begun(5, 11)) == []
    assert ids(script.begun(4, 30)) == ["step-1", "step-2.1"]
    assert ids(script.begun(-math.inf, 100)) == ["step-1", "step-3", "step-2.5"]


@pytest.mark.parametrize(("at", "every"), [(0.1, 0.1), (0.1, 0.3), (0.7, 4.1), (5.0, 60.0)])
def test_turns_begin_exactly_on_their_boundary(at: float, every: float) -> None:
    script = load_script(f"- {{do: fail, at: {at}s, for: 50ms, every: {every}s}}\n")
    for turn in range(1, 50):
        begin = round(at + turn * every, 6)
        assert ids(script.faults_at(begin)) == [f"step-1.{turn + 1}"]
        assert script.faults_at(math.nextafter(begin, 0)) == ()


tenths = st.integers(min_value=1, max_value=300).map(lambda n: n / 10)


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        lasts, pause, at = draw(tenths), draw(tenths), draw(tenths)
        again = f", every: {lasts + pause:.1f}s" if draw(st.booleans()) else ""
        lines.append(f"- {{do: fail, at: {at}s, for: {lasts}s{again}}}")
    return load_script("\n".join(lines) + "\n")


@given(script=scripts(), t=st.floats(0, 1000, allow_nan=False), share=st.floats(0, 1))
def test_nothing_changes_before_the_next_change(script: Script, t: float, share: float) -> None:
    change = script.next_change(t)
    assert change > t
    between = min(t + share * (min(change, 2000.0) - t), math.nextafter(change, 0))
    assert script.faults_at(between) == script.faults_at(t)
    if change < math.inf:
        assert script.faults_at(change) != script.faults_at(t)


# ---------------------------------------------------------------- reading


HOW = "write a duration like 250ms, 30s, 5m"
WRONG = [
    ("", ["a script is a list of steps, such as `- {at: 5s, do: fail, for: 10s}`"]),
    ("at: 5s", ["a script is a list of steps, such as `- {at: 5s, do: fail, for: 10s}`"]),
    (
        "- {at: 5s, at: 6s, do: fail}",
        [
            (
                'not valid YAML: found duplicate key "at" with value "6s" '
                '(original value: "5s") in line 1'
            )
        ],
    ),
    (
        "- {at: 5s, do: fail",
        ["not valid YAML: expected ',' or '}', but got '<stream end>' in line 1"],
    ),
    (
        "- \x07",
        ["not valid YAML: unacceptable character #x0007: special characters are not allowed"],
    ),
    ("- {do: fail, at: 5s, for: soon, every: 2s}", ["[0].for: 'soon' is not a duration; " + HOW]),
    ("- {do: fail}", ["[0].at: Field required"]),
    ("- fail", ["[0]: Input should be a valid dictionary or instance of Step"]),
    (
        "- {at: 5, do: fail, for: soon}\n- {at: 5s, do: hang, status: 500, wher: /}",
        [
            "[0].for: 'soon' is not a duration; write a duration like 250ms, 30s, 5m",
            "[0].at: write a duration like 250ms, 30s, 5m",
            "[1].status: `hang` has no such option; it has count, for, nth, where",
            "[1].wher: Extra inputs are not permitted",
        ],
    ),
    (
        "- {at: 5s, do: fail, every: 40s}",
        ["[0].every: a step that comes again needs a `for` that is shorter than `every`"],
    ),
    (
        "- {at: 5s, do: restart, every: 2s}",
        ["[0].every: a step that comes again needs a `for` that is shorter than `every`"],
    ),
]


@pytest.mark.parametrize(("text", "problems"), WRONG)
def test_a_wrong_script_is_refused_with_every_problem(text: str, problems: list[str]) -> None:
    with pytest.raises(ScriptError) as raised:
        load_script(text)
    assert raised.value.problems == problems


def test_the_example_loads_and_tells_its_story() -> None:
    script = load_script(EXAMPLE)
    assert load_script(str(EXAMPLE)) == script
    kinds = [
        {occurrence.fault.do.value for occurrence in script.faults_at(t)}
        for t in (0, 5, 16, 18, 21, 25, 34, 36, 65)
    ]
    assert kinds == [
        set(),
        {"fail"},
        set(),
        {"throttle"},
        {"throttle", "slow"},
        {"slow", "app_status"},
        {"restart"},
        set(),
        {"fail"},
    ]


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "script.yml"
    file.write_bytes(b"- \xff")
    with pytest.raises(ScriptError, match="not valid YAML: 'utf-8' codec can't decode"):
        load_script(file)


def test_a_missing_file_is_the_callers_to_tell(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_script(tmp_path / "none.yml")


# ---------------------------------------------------------------- playing


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def status_of(ask: aiohttp.ClientSession) -> int:
    async with ask.get(STATUS) as reply:
        return reply.status


async def test_a_script_is_played_by_the_clock(clock: FakeClock) -> None:
    clock.advance(100)
    seen = []
    async with (
        Simulator(clock=clock, script=load_script(SCRIPT)) as omilia,
        aiohttp.ClientSession(omilia.url) as ask,
    ):
        for _ in range(9):
            seen.append(await status_of(ask))
            clock.advance(4)
    assert seen == [200, 200, 503, 429, 200, 200, 200, 200, 429]


async def test_a_fault_set_by_hand_comes_before_the_scripts(clock: FakeClock) -> None:
    async with (
        Simulator(clock=clock, script=load_script("- {at: 0s, do: fail}\n")) as omilia,
        aiohttp.ClientSession(omilia.url) as ask,
    ):
        fault = omilia.faults.set(Fault(do="throttle"))
        assert await status_of(ask) == 429
        omilia.faults.clear(fault)
        assert await status_of(ask) == 500


async def test_a_step_keeps_its_count_while_others_come_and_go(clock: FakeClock) -> None:
    script = "- {at: 0s, do: fail, count: 2}\n- {at: 1s, do: hang, where: chat, for: 1s}\n"
    seen = []
    async with (
        Simulator(clock=clock, script=load_script(script)) as omilia,
        aiohttp.ClientSession(omilia.url) as ask,
    ):
        for _ in range(4):
            seen.append(await status_of(ask))
            clock.advance(1)
    assert seen == [500, 500, 200, 200]


async def test_a_step_that_was_cleared_comes_again_at_its_next_turn(clock: FakeClock) -> None:
    script = "- {at: 1s, do: fail, for: 5s, every: 10s}\n"
    async with (
        Simulator(clock=clock, script=load_script(script)) as omilia,
        aiohttp.ClientSession(omilia.url) as ask,
    ):
        clock.advance(1)
        assert await status_of(ask) == 500
        assert omilia.faults.clear("step-1.1") == 1
        clock.advance(1)
        assert await status_of(ask) == 200
        clock.advance(9)
        assert await status_of(ask) == 500


async def test_a_restart_that_nobody_watched_has_still_happened(clock: FakeClock) -> None:
    script = "- {at: 5s, do: restart, version: 1.18.0, for: 2s}\n"
    async with (
        Simulator(clock=clock, script=load_script(script)) as omilia,
        aiohttp.ClientSession(omilia.url) as ask,
    ):
        clock.advance(60)
        async with ask.get(STATUS) as reply:
            body = json.loads(await reply.read())
    assert body["version"] == "1.18.0"
    assert body["meta"]["server_start_time"] == "2026-11-22T18:00:07+00:00"


async def test_the_script_goes_on_when_nobody_asks() -> None:
    """By the machine's clock: the player turns the page by itself."""
    script = load_script("- {at: 50ms, do: restart, version: 2.0.0, for: 50ms}\n")
    omilia = Simulator(clock=SystemClock(), script=script)
    async with omilia, asyncio.timeout(30):
        while omilia.version != "2.0.0":
            await omilia.faults.bell.wait()
