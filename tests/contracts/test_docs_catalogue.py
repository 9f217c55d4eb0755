"""docs/catalogue.md says what the catalogue says."""

from monitor.omilia import reference
from monitor.omilia.catalogue import CATALOGUE
from monitor.omilia.regions import ASSETS, REGIONS
from tests.contracts.tree import DOCS, table, ticked

PAGE = (DOCS / "catalogue.md").read_text(encoding="utf-8")


def test_the_tables_are_what_the_catalogue_says() -> None:
    assert reference.written(PAGE) == PAGE, "`make docs` brings it up to date"


def test_every_region_and_every_probe_has_a_row() -> None:
    assert [ticked(row[0])[0] for row in table(PAGE, "Region")] == list(REGIONS)
    assert [ticked(row[0])[0] for row in table(PAGE, "Name", "Request")] == list(CATALOGUE)
    assert all(len(row) == 8 for row in table(PAGE, "Name", "Request"))


def test_an_outdated_table_would_be_noticed_and_mended() -> None:
    old = PAGE.replace("| `us2` |", "| `us3` |").replace("| `metrics-tables` |", "| `tables` |")
    assert old != PAGE
    assert reference.written(old) == PAGE


def test_the_host_of_the_chat_widget_is_named() -> None:
    assert f"`{ASSETS}`" in PAGE
