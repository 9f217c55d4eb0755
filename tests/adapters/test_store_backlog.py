"""The backlog: bounded, in order, and nothing that matters is lost in it. No database."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.store import backlog as module
from monitor.adapters.store.backlog import Backlog
from monitor.ports import Facts
from tests.stores import at, incident, outcome, standing, trip

steps = st.lists(
    st.one_of(
        st.tuples(st.just("owe"), st.sampled_from("ab")),
        st.tuples(st.just("note"), st.sampled_from("ab")),
        st.tuples(st.just("fails"), st.integers(0, 5)),
        st.tuples(st.just("works"), st.integers(0, 5)),
    ),
    max_size=40,
)


@given(steps)
def test_whatever_fails_in_between_the_newest_is_written_last_and_moves_stay_in_order(
    story: list[tuple[str, object]],
) -> None:
    backlog = Backlog()
    newest: dict[str, int] = {}
    written: dict[str, int] = {}
    moves: list[int] = []
    outcomes: list[float] = []

    def write(count: int) -> None:
        batch = backlog.take(count)
        written.update({name: s.breaker.epoch for name, s in batch.standings.items()})
        revisions.update({key: i.revision for key, i in batch.incidents.items()})
        moves.extend(move.epoch for _, move in batch.moves)
        outcomes.extend(o.latency or 0.0 for o in batch.outcomes)

    revisions: dict[str, int] = {}
    for epoch, (step, value) in enumerate(story, start=1):
        if step == "owe":
            name = str(value)
            facts = Facts(standing(name, epoch), (trip(epoch),), (incident(name, epoch),))
            backlog.owe(facts)
            newest[name] = epoch
        elif step == "note":
            backlog.note(outcome(str(value), latency=float(epoch)))
        elif step == "fails":
            backlog.put_back(backlog.take(int(str(value))))
        else:
            write(int(str(value)))
    write(1000)
    assert written == newest
    assert revisions == newest
    assert moves == sorted(moves)
    assert outcomes == sorted(outcomes)
    assert len(backlog) == backlog.dropped == 0


def test_facts_that_come_during_a_failed_write_replace_those_that_failed() -> None:
    backlog = Backlog()
    backlog.owe(Facts(standing(epoch=1), (trip(1),), (incident(revision=1),)))
    failed = backlog.take(10)
    backlog.owe(Facts(standing(epoch=2), (trip(2),), (incident(revision=2),)))
    backlog.put_back(failed)
    batch = backlog.take(10)
    assert batch.standings["a"].breaker.epoch == 2
    assert [move.epoch for _, move in batch.moves] == [1, 2]
    assert batch.incidents["one"].revision == 2


def test_an_older_revision_never_replaces_a_newer_one_that_waits() -> None:
    backlog = Backlog()
    backlog.owe(Facts(standing(), (), (incident(revision=3),)))
    backlog.owe(Facts(standing(), (), (incident(revision=2),)))
    assert backlog.take(0).incidents["one"].revision == 3


def test_the_oldest_outcomes_make_room_and_are_counted() -> None:
    backlog = Backlog(max_outcomes=10)
    for n in range(25):
        backlog.note(outcome(due=n))
    taken = backlog.take(4)
    for n in range(25, 30):
        backlog.note(outcome(due=n))
    backlog.put_back(taken)
    assert [o.due for o in backlog.take(99).outcomes] == [at(n) for n in range(20, 30)]
    assert backlog.dropped == 20


def test_a_store_that_is_away_for_long_costs_bounded_memory(monkeypatch: object) -> None:
    backlog = Backlog(max_outcomes=100)
    most = 50
    for name in ("MAX_MOVES", "MAX_INCIDENTS"):
        monkeypatch.setattr(module, name, most)  # type: ignore[attr-defined]
    going_on = incident("going-on")
    backlog.owe(Facts(standing(), (), (going_on,)))
    for n in range(1_000):
        over = incident(f"i{n}", revision=2, closed_at=at(n))
        backlog.owe(Facts(standing(epoch=n), (trip(n),), (over,)))
        backlog.note(outcome(due=n))
    assert len(backlog) == 1 + most + most + 100
    batch = backlog.take(0)
    assert batch.incidents["going-on"] == going_on  # what is over goes first
    assert batch.moves[-1][1].epoch == 999
