"""Spans of time laid out beside and over each other. Pure; times are whole milliseconds.

Every function takes what it is given in any order, and returns spans that do not overlap, in the
order of time: nothing can be counted twice from there on.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Span(NamedTuple, Generic[T]):
    """[begin, end), and what is true in it."""

    begin: int
    end: int
    what: T


def union(spans: Iterable[tuple[int, int]], start: int, end: int) -> list[Span[bool]]:
    """Merge what overlaps or touches, within [start, end)."""
    merged: list[Span[bool]] = []
    for begin, until in sorted(spans):
        here, there = max(begin, start), min(until, end)
        if here >= there:
            continue
        if merged and here <= merged[-1].end:
            merged[-1] = Span(merged[-1].begin, max(merged[-1].end, there), True)
        else:
            merged.append(Span(here, there, True))
    return merged


def layered(spans: Sequence[Span[T]], start: int, end: int) -> list[Span[T]]:
    """Lay spans over each other within [start, end): where two overlap, the later one is seen.

    `spans` are in the order of their beginnings. An earlier one that is longer is seen again after
    the later one.
    """
    seen: list[Span[T]] = []
    for one in spans:
        span = Span(max(one.begin, start), min(one.end, end), one.what)
        if span.begin >= span.end:
            continue
        again: list[Span[T]] = []
        while seen and seen[-1].end > span.begin:
            under = seen.pop()
            if under.end > span.end:
                again.append(Span(max(span.end, under.begin), under.end, under.what))
            if under.begin < span.begin:
                seen.append(Span(under.begin, span.begin, under.what))
                break
        seen.append(span)
        seen.extend(reversed(again))
    return seen


def across(
    start: int, end: int, *layers: Sequence[Span[Any]]
) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    """Walk from `start` to `end` through all layers at once; None where a layer has nothing.

    The layers' spans do not overlap, are in order and lie within.
    """
    borders = {start, end}
    for layer in layers:
        borders.update(one.begin for one in layer)
        borders.update(one.end for one in layer)
    places = [0] * len(layers)
    walk = sorted(borders)
    for here, there in pairwise(walk):
        found: list[Any] = []
        for number, layer in enumerate(layers):
            while places[number] < len(layer) and layer[places[number]].end <= here:
                places[number] += 1
            place = places[number]
            inside = place < len(layer) and layer[place].begin <= here
            found.append(layer[place].what if inside else None)
        yield here, there, tuple(found)
