"""What reports say together: a quorum, and no single machine or token for all."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.category import Category, Effect
from monitor.core.endpoint import Endpoint
from monitor.core.instant import Instant
from monitor.core.reports import Judged, Report, complaint, judged, lower_median
from monitor.core.traffic import (
    MOST_REPORTERS,
    WIDTH,
    Says,
    Traffic,
    suspects,
    trips,
    weighed,
)
from monitor.core.traffic_policy import TrafficPolicy
from tests.clock import START
from tests.examples import an_endpoint

NOW = Instant(START, 1000.0)
CHAT = an_endpoint()
USUAL = TrafficPolicy()


def heard(*said: tuple[str, int, int], policy: TrafficPolicy = USUAL) -> Traffic:
    """Hear (reporter, good, failed); a reporter is `token/node`."""
    traffic = Traffic()
    for reporter, good, failed in said:
        token = reporter.partition("/")[0]
        for status, count in ((200, good), (503, failed)):
            if count:
                report = judged(Report("chat", START, count, status=status), CHAT, START)
                traffic.hear(token, reporter, report, policy, NOW)
    return traffic


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ((), Says.TOO_LITTLE),
        ((("a", 0, 99),), Says.TOO_LITTLE),  # one alone
        ((("a/1", 0, 99), ("a/2", 0, 99), ("a/3", 0, 99)), Says.TOO_LITTLE),  # one with many names
        ((("a", 0, 99), ("b", 0, 9)), Says.TOO_LITTLE),
        ((("a", 0, 99), ("b", 0, 10)), Says.FAILING),
        ((("a", 49, 51), ("b", 49, 51)), Says.FAILING),
        ((("a", 50, 50), ("b", 0, 99)), Says.MIXED),  # more than half, and of both
        ((("a", 0, 999), ("b", 99, 1), ("c", 99, 1)), Says.FINE),  # it does not outvote them
        ((("a", 0, 99), ("b", 0, 99), ("c", 99, 0)), Says.FAILING),  # nor does one that is well
        ((("a/1", 0, 99), ("a/2", 99, 0), ("b", 0, 99)), Says.MIXED),  # half of a service is well
        ((("a/1", 0, 99), ("a/2", 0, 99), ("a/3", 99, 0), ("b", 0, 99)), Says.FAILING),
        ((*((f"a/{n}", 0, 2) for n in range(8)), ("b", 0, 99)), Says.FAILING),  # many small ones
        ((("a", 75, 25), ("b", 99, 0)), Says.FINE),
        ((("a", 74, 26), ("b", 99, 0)), Says.MIXED),
    ],
)
def test_what_is_said_takes_a_quorum(said: tuple[tuple[str, int, int], ...], says: Says) -> None:
    assert heard(*said).look(USUAL, NOW.mono).says is says


@pytest.mark.parametrize(("failing", "says"), [(3, Says.MIXED), (4, Says.FAILING)])
def test_a_majority_is_no_quorum_when_more_are_asked_for(failing: int, says: Says) -> None:
    policy = TrafficPolicy(quorum=4)
    said = [(f"t{n}", 0 if n < failing else 99, 99 if n < failing else 0) for n in range(5)]
    assert heard(*said, policy=policy).look(policy, NOW.mono).says is says


@pytest.mark.parametrize(
    ("failures", "weight", "share", "opens"),
    [
        (0, 50.0, 50.0, False),  # traffic alone
        (0, 99.0, 99.0, False),
        (0, 100.0, 100.0, True),  # unless the probes weigh nothing
        (1, 50.0, 200 / 3, True),
        (1, 20.0, 20 + 80 / 3, False),
        (2, 20.0, 20 + 80 * 2 / 3, True),
    ],
)
def test_traffic_is_weighed_with_how_far_the_probes_are(
    failures: int, weight: float, share: float, opens: bool
) -> None:
    policy = TrafficPolicy(weight=weight)
    word = heard(("a", 0, 99), ("b", 0, 99)).look(policy, NOW.mono)
    assert weighed(word, failures, 3, policy) == pytest.approx(share)
    assert trips(word, failures, 3, policy) is opens


def test_one_alone_may_be_suspected_and_a_probe_looks() -> None:
    assert suspects(heard(("a", 0, 10)).look(USUAL, NOW.mono), USUAL)
    assert not suspects(heard(("a", 5, 5)).look(USUAL, NOW.mono), USUAL)
    assert not suspects(heard(("a", 0, 10)).look(USUAL, NOW.mono), TrafficPolicy(confirm=False))


@pytest.mark.parametrize(
    ("status", "category", "effect"),
    [
        (200, Category.OK, Effect.SUCCESS),
        (206, Category.OK, Effect.SUCCESS),
        (302, Category.MISCONFIGURED, Effect.NEUTRAL),
        (401, Category.CREDENTIAL, Effect.NEUTRAL),
        (404, Category.MISCONFIGURED, Effect.NEUTRAL),
        (408, Category.SERVER_ERROR, Effect.FAILURE),
        (429, Category.THROTTLED, Effect.FAILURE),
        (503, Category.SERVER_ERROR, Effect.FAILURE),
    ],
)
def test_a_status_is_judged_by_the_probes_table(
    status: int, category: Category, effect: Effect
) -> None:
    found = judged(Report("chat", START, status=status), CHAT, START)
    assert (found.category, found.effect) == (category, effect)


def test_what_is_neutral_is_no_evidence() -> None:
    traffic = Traffic()
    report = judged(Report("chat", START, 99, status=404), CHAT, START)
    traffic.hear("a", "a", report, USUAL, NOW)
    assert traffic.is_silent


@pytest.mark.parametrize(
    ("seconds", "endpoint", "key"),
    [
        (0, CHAT, None),
        (4.9, CHAT, None),
        (5.1, CHAT, "at"),
        (-300, CHAT, None),
        (-301, CHAT, "at"),
        (0, None, "endpoint"),
    ],
)
def test_what_cannot_be_used_is_named(
    seconds: float, endpoint: Endpoint | None, key: str | None
) -> None:
    found = complaint(Report("chat", START + timedelta(seconds=seconds)), endpoint, START)
    assert (found and found[0]) == key


def test_memory_is_bounded_and_the_latest_are_kept() -> None:
    traffic = Traffic()
    report = judged(Report("chat", START, 10, status=503), CHAT, START)
    for n in range(3 * MOST_REPORTERS):
        traffic.hear("a", f"a/{n}", report, USUAL, NOW)
    (voice,) = traffic.look(USUAL, NOW.mono).voices
    assert (voice.reporters, voice.calls) == (MOST_REPORTERS, 10 * MOST_REPORTERS)
    now = NOW
    for second in range(2000):
        now = Instant(START + timedelta(seconds=second), 1000.0 + second)
        late = judged(Report("chat", now.wall, status=200), CHAT, now.wall)
        traffic.hear("b", "b", late, USUAL, now)
        traffic.tidy(USUAL, now.mono)
    assert len(traffic._heard["b"]["b"].buckets) <= USUAL.within / WIDTH + 2
    assert "a" not in traffic._heard
    traffic.tidy(USUAL, now.mono + 400)
    assert traffic.is_silent


def test_what_is_from_before_a_renewal_is_late() -> None:
    traffic = heard(("a", 0, 99), ("b", 0, 99))
    traffic.renew(NOW.mono)
    old = judged(Report("chat", START - timedelta(seconds=1), 99, status=503), CHAT, START)
    traffic.hear("a", "a", old, USUAL, NOW)
    assert traffic.is_silent


@given(st.lists(st.floats(0, 100), min_size=1, max_size=9))
def test_half_of_them_reach_the_lower_median(shares: list[float]) -> None:
    middle = lower_median(shares)
    assert middle in shares
    assert sum(one >= middle for one in shares) * 2 >= len(shares)
    assert sum(one <= middle for one in shares) * 2 >= len(shares)


CALLS = st.lists(
    st.tuples(
        st.sampled_from(["a/1", "a/2", "b/1", "c/1"]),
        st.integers(0, 400),  # when it is reported, seconds after the beginning
        st.integers(0, 350),  # how old it is then
        st.integers(1, 30),
        st.booleans(),
    ),
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(CALLS, st.integers(1, 60), st.sampled_from([60.0, 300.0]))
def test_recounting_everything_gives_the_same(
    calls: list[tuple[str, int, int, int, bool]], of: int, within: float
) -> None:
    policy = TrafficPolicy(of=of, within=within, at_least=min(10, of))
    traffic, told = Traffic(), []
    for reporter, second, age, count, failed in sorted(calls, key=lambda call: call[1]):
        mono = 1000.0 + second
        now = Instant(START + timedelta(seconds=second), mono)
        at = now.wall - timedelta(seconds=age)
        effect = Effect.FAILURE if failed else Effect.SUCCESS
        report = Judged(at, count, Category.OK, effect, None, None)
        traffic.hear(reporter[0], reporter, report, policy, now)
        traffic.tidy(policy, mono)
        if age <= within:
            told.append((reporter, mono - age, count, failed))
    end = 1000.0 + max([call[1] for call in calls], default=0)
    word = traffic.look(policy, end)
    plain = {name: _recounted(told, name, policy, end) for name in ("a/1", "a/2", "b/1", "c/1")}
    for token in "abc":
        own = [pair for name, pair in plain.items() if name[0] == token and pair[0]]
        total, bad = sum(pair[0] for pair in own), sum(pair[1] for pair in own)
        voice = next((one for one in word.voices if one.name == token), None)
        assert (voice is not None) is (total >= policy.at_least)
        if voice is not None:
            assert (voice.calls, voice.failed, voice.reporters) == (total, bad, len(own))
            enough = [pair for pair in own if pair[0] >= policy.at_least] or [(total, bad)]
            shares = sorted(pair[1] * 100 / pair[0] for pair in enough)
            assert voice.share == shares[(len(shares) - 1) // 2]


def _recounted(
    told: list[tuple[str, float, int, bool]], name: str, policy: TrafficPolicy, end: float
) -> tuple[int, int]:
    """Count a reporter's calls from the list of all, slot by slot from the end back."""
    calls = failed = 0
    slot = int(end // WIDTH)
    while (slot + 1) * WIDTH > end - policy.within and calls < policy.of:
        inside = [c for c in told if c[0] == name and int(c[1] // WIDTH) == slot]
        calls += sum(count for _, _, count, _ in inside)
        failed += sum(count for _, _, count, bad in inside if bad)
        slot -= 1
    return calls, failed
