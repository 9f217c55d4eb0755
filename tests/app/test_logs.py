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


@pytest.mark.usefixtures("_restored")
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_token_servers_give_out_is_learnt_and_what_has_a_secrets_name_is_hidden(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    redactor.know({SECRET})
    redactor.learn(["runtime-token-1", "runtime-token-2"])
    set_up("info", form)
    log = logging.getLogger("omilia_monitor.test")
    log.info("sent runtime-token-1, got password=strange-one", extra={"access_token": "odd-one"})
    log.info("nested", extra={"deep": {"runtime": ["runtime-token-2"]}})
    written = capsys.readouterr().err
    for secret in ("runtime-token-1", "runtime-token-2", "strange-one", "odd-one"):
        assert secret not in written
    assert "password=***" in written


@pytest.mark.usefixtures("_restored")
def test_what_is_learnt_is_forgotten_when_much_else_has_come_and_what_is_known_never() -> None:
    redactor.know({SECRET})
    redactor.add({"rotated-secret"})
    redactor.learn(["an-old-token"])
    for n in range(100):
        redactor.learn([f"a-newer-token-{n}"])
    said = redactor.clean(f"{SECRET} rotated-secret an-old-token a-newer-token-99")
    assert said == "*** *** an-old-token ***"
