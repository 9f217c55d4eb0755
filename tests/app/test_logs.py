"""No secret reaches a log line, whatever form it has."""

import logging
from collections.abc import Iterator

import pytest

from monitor.app.logs import redactor, set_up

SECRET = "hunter2-hunter2"


@pytest.fixture
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    redactor.know(())


@pytest.mark.usefixtures("_restored")
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_known_secret_is_replaced_in_every_part_of_a_line(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    redactor.know({SECRET})
    set_up("info", form)
    log = logging.getLogger("omilia_monitor.test")
    log.info("said %s", SECRET, extra={"plain": SECRET, "nested": {"deep": [SECRET]}})
    try:
        int(SECRET)  # the exception repeats it
    except ValueError:
        log.exception("failed")
    written = capsys.readouterr().err
    assert "***" in written
    assert "ValueError" in written
    assert SECRET not in written
