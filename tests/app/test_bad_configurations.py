"""A gallery of wrong files: each beside the exact lines that a person is shown."""

from pathlib import Path

import pytest

from monitor.app.loader import load
from monitor.app.problems import ConfigError

GALLERY = Path(__file__).parent / "bad"


def shown(file: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    return "\n".join(caught.value.lines()).replace(f"{file.parent}/", "") + "\n"


@pytest.mark.parametrize("name", sorted(file.stem for file in GALLERY.glob("*.yml")))
def test_a_wrong_file_is_explained_line_by_line(name: str) -> None:
    expected = (GALLERY / f"{name}.txt").read_text(encoding="utf-8")
    assert shown(GALLERY / f"{name}.yml") == expected


def test_every_picture_of_the_gallery_has_its_words() -> None:
    pictures = {file.stem for file in GALLERY.glob("*.yml")}
    assert pictures == {file.stem for file in GALLERY.glob("*.txt")}


def test_a_file_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load(tmp_path / "omilia-monitor.yml", {})


@pytest.mark.parametrize("name", ["secret-in-the-file", "secret-not-there", "bad-url"])
def test_no_message_repeats_what_may_be_a_secret(name: str) -> None:
    text = shown(GALLERY / f"{name}.yml")
    assert "hunter2" not in text
    assert "T0/B0" not in text
    assert "user:pass" not in text
