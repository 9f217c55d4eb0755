"""Reading a stream: whatever pieces it comes in, as the standard dispatches it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.client.sse import LONGEST, RETRY, Event, Reader

STREAM = (
    b"retry: 5000\n\nevent: verdict\nid: 7\ndata: {}\n\n: ping\nid: 9\n\n"
    b"data: one\r\ndata:two\r\n\r\nevent: lost\nid: 12\n\nevent: config\ndata: caf\xc3\xa9\n\n"
)
SAID = [Event("verdict", "{}"), Event("message", "one\ntwo"), Event("config", "caf\u00e9")]


def read(*chunks: bytes) -> tuple[Reader, list[Event]]:
    reader = Reader()
    return reader, [event for chunk in chunks for event in reader.feed(chunk)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_it_does_not_matter_how_a_stream_is_cut(cuts: list[int]) -> None:
    ends = [*sorted(cuts), len(STREAM)]
    starts = [0, *ends]
    reader, said = read(*(STREAM[a:b] for a, b in zip(starts, ends, strict=False)))
    assert said == SAID
    assert (reader.last_id, reader.retry) == ("12", 5.0)


def test_an_event_that_has_not_ended_was_not_said_and_moves_nothing() -> None:
    reader, said = read(b"id: 1\ndata: a\n\nid: 2\ndata: b\n")
    assert (said, reader.last_id) == ([Event("message", "a")], "1")
    reader.begin()
    assert list(reader.feed(b"data: c\n\n")) == [Event("message", "c")]
    assert reader.last_id == "1"


@pytest.mark.parametrize(
    ("line", "retry"),
    [
        (b"retry: 1000", 1.0),
        (b"retry: 0", RETRY / 10),
        (b"retry: 9999999", RETRY * 10),
        (b"retry: soon", RETRY),
        (b"retry: -1", RETRY),
        (b"retry: 99999999999", RETRY),
        (b"retry", RETRY),
    ],
)
def test_how_long_to_wait_is_believed_within_reason(line: bytes, retry: float) -> None:
    assert read(line + b"\n\n")[0].retry == retry


@pytest.mark.parametrize("text", [b"id: a\0b\n\n", b"unheard: of\n\n", b"\n\n\n", b"data\n\n"])
def test_what_means_nothing_is_passed_over(text: bytes) -> None:
    reader, said = read(text)
    assert (said, reader.last_id) == ([], "")


@pytest.mark.parametrize("text", [b"data: " + b"x" * LONGEST, b"data: xxxxxxxx\n" * (LONGEST // 8)])
def test_an_event_without_an_end_is_not_read_for_ever(text: bytes) -> None:
    with pytest.raises(ValueError, match="no end"):
        read(text)


def test_who_forgets_begins_again() -> None:
    reader, _ = read(b"id: 5\ndata: a\n\n")
    reader.forget()
    reader.begin()
    assert reader.last_id == ""
