"""Signals read from a body: both documented places, and whatever else may stand there."""

import json
from typing import Any

import pytest

from monitor.adapters.assertions import signal_reader
from monitor.core.exchange import Reply
from monitor.core.signals import Service, Signals

WELL = ("ok", "up", "healthy", "true", "200")
READ = signal_reader(
    "s",
    release="$.version",
    started="$..server_start_time",
    services="$..services_status",
    well=WELL,
)


def read(body: Any) -> Signals | None:
    return READ(Reply(200, json.dumps(body).encode()))


@pytest.mark.parametrize("under_meta", [True, False])
def test_both_documented_places_are_read(under_meta: bool) -> None:
    signs = {"server_start_time": "10:00", "services_status": {"db": "UP", "a": "down"}}
    found = read({"version": "1.17.0", **({"meta": signs} if under_meta else signs)})
    assert found == Signals(
        "s",
        "1.17.0",
        "10:00",
        (Service("a", "down", well=False), Service("db", "UP", well=True)),
    )


@pytest.mark.parametrize(
    ("said", "text", "well"),
    [
        ("Healthy", "Healthy", True),
        (True, "true", True),
        (200, "200", True),
        ({"status": "ok", "since": 3}, "ok", True),
        (False, "false", False),
        (503, "503", False),
        (None, "null", False),
        ("", '""', False),
        ([1, 2], "an array", False),
        ({"password": "hunter2"}, "an object", False),
        ("connected", "connected", False),
    ],
)
def test_a_word_is_taken_for_what_it_is_and_any_other_is_not_well(
    said: Any, text: str, well: bool
) -> None:
    found = read({"services_status": {"db": said}})
    assert found is not None
    assert found.services == (Service("db", text, well=well),)


@pytest.mark.parametrize("body", [{}, [], "x", None, 3, {"version": None}, {"version": {"a": 1}}])
def test_what_tells_nothing_is_read_as_nothing(body: Any) -> None:
    assert read(body) == Signals("s")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_not_json_has_no_signals(body: bytes) -> None:
    assert READ(Reply(200, body)) is None


@pytest.mark.parametrize("status", ["services are fine", [1], None, {}])
def test_services_that_are_no_mapping_are_none(status: Any) -> None:
    found = read({"services_status": status})
    assert found is not None
    assert found.services == ()


def test_what_a_stranger_sends_is_bounded_and_safe_to_show() -> None:
    many = {f"s{n}": "x" * 10_000 for n in range(500)} | {"\x1b[31m": "red\n\x00"}
    found = read({"version": "v\n" * 1000, "services_status": many})
    assert found is not None
    assert len(found.services) == 50
    assert all(len(one.said) <= 100 and len(one.name) <= 100 for one in found.services)
    assert all(one.said.isprintable() and one.name.isprintable() for one in found.services)
    assert len(found.release) <= 100
    assert len(found.doubt) <= 300


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="JSONPath"):
        signal_reader("s", release="version")
