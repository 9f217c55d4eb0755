"""Values of the core survive the way into a row or a document and back."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.store import codec
from monitor.adapters.store.rows import (
    ROLLUP_COLUMNS,
    effect_of,
    outcome_of,
    outcome_row,
    rollup_of,
    rollup_row,
)
from monitor.core.breaker import Moved
from monitor.core.history import fold
from monitor.core.incident import Incident
from monitor.core.outcome import Category, Effect, Outcome
from monitor.core.standing import Standing
from tests import strategies
from tests.stores import outcome, standing


@given(strategies.standings)
def test_a_standing_comes_back_as_it_was(value: Standing) -> None:
    assert codec.standings.loads(codec.standings.dumps(value)) == value


@given(strategies.moves)
def test_a_move_comes_back_as_it_was(value: Moved) -> None:
    assert codec.moves.loads(codec.moves.dumps(value)) == value


@given(strategies.incidents)
def test_an_incident_comes_back_as_it_was(value: Incident) -> None:
    assert codec.incidents.loads(codec.incidents.dumps(value)) == value


@given(strategies.outcomes())
def test_a_raw_outcome_comes_back_as_it_was(value: Outcome) -> None:
    if value.category is Category.OK:  # a good outcome has nothing to explain: its row says less
        value = replace(value, effect=Effect.SUCCESS, fault=None, phase=None, detail="")
        value = replace(value, retry_after=None, application=False)
    row = outcome_row(value, 1, 2)
    assert outcome_of(value.endpoint, row) == value
    assert effect_of(row["category"], row["more"]) is value.effect


@given(st.lists(strategies.outcomes(), max_size=3).map(fold))
def test_a_rollup_comes_back_as_it_was(value: object) -> None:
    row = rollup_row(value, 1, 2, 60, 0)  # type: ignore[arg-type]
    assert rollup_of([row[name] for name in ROLLUP_COLUMNS]) == value


def test_what_does_not_fit_into_a_column_is_cut() -> None:
    value = outcome(latency=1e9, at=outcome().due + timedelta(days=400))
    row = outcome_row(value, 1, 2)
    assert (row["latency_us"], row["after_ms"]) == (2**31 - 1, 2**31 - 1)


def test_fields_that_a_later_version_knows_are_passed_over_and_missing_ones_get_defaults() -> None:
    document = json.loads(codec.standings.dumps(standing()))
    document["mood"] = "sunny"
    document["breaker"]["colour"] = "red"
    del document["streak"]
    read = codec.standings.loads(json.dumps(document))
    assert read == replace(standing(), streak=0)


@pytest.mark.parametrize(
    "document",
    ["", "nonsense", "[]", "{}", "null", '{"endpoint": "a", "health": "splendid"}', '{"last": 3}'],
)
def test_a_document_that_is_none_is_a_value_error(document: str) -> None:
    with pytest.raises(ValueError, match=r"unreadable|Expecting|valid"):
        codec.standings.loads(document)


def test_documents_are_ascii_so_that_no_database_can_refuse_a_text() -> None:
    nasty = replace(standing(), reason="nul \x00, half a pair \ud800, \N{SNOWMAN}")
    written = codec.standings.dumps(nasty)
    assert written.isascii()
    assert "\x00" not in written
    assert codec.standings.loads(written) == nasty


def test_what_stands_still_is_not_written() -> None:
    assert codec.standings.dumps(Standing("a")) == '{"endpoint":"a"}'


def test_a_type_that_the_store_cannot_keep_is_found_at_once() -> None:
    @dataclass(frozen=True)
    class Odd:
        thing: complex

    with pytest.raises(TypeError, match="cannot keep"):
        codec.Codec(Odd)
