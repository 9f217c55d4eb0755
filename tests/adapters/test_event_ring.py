"""The ring: one event per thing, places that only grow, and what is forgotten is said to be."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.web.stream.ring import FRESH, Ring, written


def ids(ring: Ring, place: int) -> list[int]:
    return [event.id for event in ring.after(place)]


def put(ring: Ring, name: str) -> None:
    ring.put("verdict", name, name, lambda: b"{}")


def test_a_place_is_where_one_goes_on() -> None:
    ring = Ring(100, 10)
    assert ring.knows(100)
    assert not ring.knows(99)
    assert not ring.knows(101)
    for name in "abc":
        put(ring, name)
    assert ids(ring, 100) == [101, 102, 103]
    assert ids(ring, 102) == [103]
    assert ids(ring, 103) == []
    assert not ring.knows(104), "of another life"


def test_only_the_newest_of_each_thing_is_told() -> None:
    ring = Ring(0, 10)
    for name in "abab":
        put(ring, name)
    ring.put("health", "a", "a", lambda: b"{}")
    assert [(e.id, e.kind, e.endpoint) for e in ring.after(0)] == [
        (3, "verdict", "a"),
        (4, "verdict", "b"),
        (5, "health", "a"),
    ]


def test_who_was_away_for_too_long_cannot_go_on() -> None:
    ring = Ring(0, 3)
    for name in "abcd":
        put(ring, name)
    assert not ring.knows(0), "the event about a is gone, and was not seen"
    assert ring.knows(1), "it is gone, and was seen"
    assert ids(ring, 1) == [2, 3, 4]


def test_an_event_is_written_once_and_anew_when_its_times_are_old() -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(len(made))
        return b"%d" % made[-1]

    ring = Ring(0, 10)
    ring.put("verdict", "a", "a", make)
    ring.put("incident", "i", "a", make, lasting=True)
    verdict, incident = ring.after(0)
    assert {verdict.text(5.0) for _ in range(1000)} == {b"event: verdict\nid: 1\ndata: 0\n\n"}
    assert incident.text(5.0) == b"event: incident\nid: 2\ndata: 1\n\n"
    assert verdict.text(5.0 + FRESH) == b"event: verdict\nid: 1\ndata: 2\n\n"
    assert incident.text(999.0) == b"event: incident\nid: 2\ndata: 1\n\n"


def test_what_is_over_is_not_told() -> None:
    ring = Ring(0, 10)
    ring.put("verdict", "gone", "gone", lambda: None)
    assert ring.after(0)[0].text(0.0) == b""
    assert written("config", b"{}") == b"event: config\ndata: {}\n\n"


@given(
    st.lists(st.sampled_from("abcdefgh"), max_size=60),
    st.integers(1, 9),
    st.integers(0, 60),
)
def test_a_known_place_misses_nothing(names: list[str], room: int, seen: int) -> None:
    ring = Ring(0, room)
    last = {}
    for name in names:
        put(ring, name)
        last[name] = ring.head
    assert len(ring.after(0)) <= room
    if ring.knows(seen):
        assert ids(ring, seen) == sorted(place for place in last.values() if place > seen)
    else:
        assert seen > ring.head or seen < ring.floor
