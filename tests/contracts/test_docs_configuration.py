"""docs/configuration.md says what the model says: every key, every category, every fault."""

from typing import Any

import pytest

from monitor.app import reference
from monitor.app.settings import Settings
from monitor.core.exchange import Fault
from monitor.core.health import Health
from monitor.core.outcome import EFFECTS, Category, Effect
from tests.contracts.tree import DOCS, table, ticked

PAGE = (DOCS / "configuration.md").read_text(encoding="utf-8")
CATEGORIES = {ticked(row[1])[0]: row for row in table(PAGE, "Seen", "Category")}


def test_the_reference_is_what_the_model_says() -> None:
    assert PAGE.count(reference.table()) == 1
    assert reference.written(PAGE) == PAGE, "`make docs` brings it up to date"


def test_an_outdated_reference_would_be_noticed_and_mended() -> None:
    old = PAGE.replace("| `listen` |", "| `lisent` |")
    assert old != PAGE
    assert reference.written(old) == PAGE


def test_every_key_of_every_part_of_the_model_is_in_the_reference() -> None:
    # Independent of how the reference walks: whatever the schema defines must have a row.
    listed = {key.rpartition(".")[2].removesuffix("[]") for key, *_ in reference.rows()}
    schema: dict[str, Any] = Settings.model_json_schema(by_alias=True)
    for name, part in {"Settings": schema, **schema["$defs"]}.items():
        assert set(part.get("properties", {})) <= listed, name


def test_every_key_is_explained_or_is_made_of_keys_that_are() -> None:
    keys = list(reference.rows())
    for key, kind, _, text in keys:
        parts = [other for other, *_ in keys if other.startswith((f"{key}.", f"{key}[]."))]
        assert text or (kind == "mapping" and parts), key


def test_the_table_of_categories_names_each_once() -> None:
    assert list(CATEGORIES) == list(dict.fromkeys(CATEGORIES))
    assert set(CATEGORIES) == set(Category)


@pytest.mark.parametrize("category", Category)
def test_the_table_says_what_a_category_does_to_the_breaker(category: Category) -> None:
    said = CATEGORIES[category][2]
    assert said.startswith("not asked" if category is Category.BLOCKED else EFFECTS[category])


@pytest.mark.parametrize("category", Category)
def test_the_table_says_a_health_that_exists(category: Category) -> None:
    assert CATEGORIES[category][3].split()[0] in set(Health)


def test_the_row_of_unreachable_names_every_fault() -> None:
    assert set(ticked(CATEGORIES[Category.UNREACHABLE][0])) == set(Fault)


def test_the_breaker_is_moved_by_failures_and_nothing_else() -> None:
    failures = {category for category, effect in EFFECTS.items() if effect is Effect.FAILURE}
    assert failures == {name for name, row in CATEGORIES.items() if row[2].startswith("failure")}
