from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.spans import Span, across, layered, union

END = 40
PAIRS = st.lists(st.tuples(st.integers(-5, END + 5), st.integers(-5, END + 5)), max_size=12)


def ticks(spans: Sequence[Span[Any]]) -> dict[int, Any]:
    """Tell what is true at each moment, and that nothing is told twice."""
    found: dict[int, Any] = {}
    before = 0
    for begin, end, what in spans:
        assert before <= begin < end <= END, "in order, not empty, within"
        before = end
        found.update(dict.fromkeys(range(begin, end), what))
    return found


@given(PAIRS)
def test_a_union_is_what_is_in_any_of_them(pairs: list[tuple[int, int]]) -> None:
    merged = union(pairs, 0, END)
    wanted = {t for begin, end in pairs for t in range(max(begin, 0), min(end, END))}
    assert set(ticks(merged)) == wanted
    assert all(one.end < two.begin for one, two in pairwise(merged))


@given(PAIRS, st.randoms(use_true_random=False))
def test_merging_in_parts_or_at_once_is_the_same(
    pairs: list[tuple[int, int]], dice: object
) -> None:
    mixed = list(pairs)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    some, others = union(mixed[::2], 0, END), union(mixed[1::2], 0, END)
    in_parts = union([(s.begin, s.end) for s in (*some, *others)], 0, END)
    assert in_parts == union(pairs, 0, END)


@given(PAIRS)
def test_where_spans_overlap_the_later_one_is_seen(pairs: list[tuple[int, int]]) -> None:
    spans = [Span(begin, end, number) for number, (begin, end) in enumerate(sorted(pairs))]
    wanted: dict[int, int] = {}
    for begin, end, number in spans:
        wanted.update(dict.fromkeys(range(max(begin, 0), min(end, END)), number))
    assert ticks(layered(spans, 0, END)) == wanted


@given(PAIRS, PAIRS)
def test_a_walk_across_layers_covers_everything_once(
    one: list[tuple[int, int]], two: list[tuple[int, int]]
) -> None:
    layers = union(one, 0, END), union(two, 0, END)
    walk = list(across(0, END, *layers))
    steps = ticks([Span(begin, end, what) for begin, end, what in walk])
    first, second = map(ticks, layers)
    assert steps == {t: (first.get(t), second.get(t)) for t in range(END)}
