"""The Chat Session API without a socket: whatever the order, a conversation comes to its end."""

import json
import re
from itertools import count, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.category import Category
from monitor.core.exchange import Complaint, Fault, HungUp
from monitor.omilia.chat.codes import of_close, of_error
from monitor.omilia.chat.script import Script
from monitor.omilia.chat.session import Session
from monitor.omilia.chat.words import words_of

KEY = "a-chat-key"
ONE_TURN = Script(utterances=("help",), input_fields={"synthetic": "true"})
TWO_TURNS = Script(utterances=("help", "thanks"))
STARTED = {"type": "start_session_resp", "session_id": "s-1"}
GREETING = {"type": "dialog_message_event", "source": "BOT", "utterance": "Welcome."}
TYPING = {"type": "typing_event", "source": "BOT"}
NOISE: list[Any] = [
    TYPING,
    {"type": "dialog_message_event", "source": "USER", "utterance": "help"},
    {"type": "state_event", "state": "DIALOG_START"},
    {"type": "dialog_message_event", "source": "BOT", "utterance": "  "},
    {"type": "dialog_message_event", "source": "BOT", "dialog_response": {"prompt": {}}},
    {"type": "a_new_event", "utterance": "never heard of"},
    {"type": ["no", "name"]},
    {"utterance": "no type"},
]


def begun(script: Script = ONE_TURN) -> tuple[Session, dict[str, Any]]:
    numbers = count(1)
    session = Session(script, KEY, lambda: f"m-{next(numbers)}")
    return session, json.loads(session.open())


def hear(session: Session, event: Any) -> dict[str, Any] | None:
    said = session.hear(json.dumps(event))
    answer: dict[str, Any] | None = None if said is None else json.loads(said)
    return answer


def ended(session: Session) -> Complaint | None:
    """Return what was wrong with a conversation that is over."""
    assert session.step is None
    return session.complaint


def reply(words: str = "Gladly.", **more: Any) -> dict[str, Any]:
    return {"type": "dialog_message_event", "source": "BOT", "utterance": words, **more}


def test_a_conversation_from_its_start_to_its_end() -> None:
    session, opening = begun()
    assert opening == {
        "type": "start_session_req",
        "api_key": KEY,
        "client_message_id": "m-1",
        "utterance": "",
        "input_fields": {"synthetic": "true"},
    }
    assert session.step == "session"
    assert hear(session, STARTED) is None
    assert session.step == "greeting"
    asked = hear(session, GREETING)
    assert asked == {
        "type": "dialog_req",
        "api_key": KEY,
        "session_id": "s-1",
        "client_message_id": "m-2",
        "utterance": "help",
    }
    assert session.step == "turn 1"
    assert hear(session, reply()) is None
    assert ended(session) is None
    assert session.last["utterance"] == "Gladly."
    farewell = session.farewell()
    assert farewell is not None
    assert json.loads(farewell)["type"] == "stop_session_req"
    assert json.loads(farewell)["session_id"] == "s-1"


@pytest.mark.parametrize("order", [*permutations((STARTED, GREETING, TYPING))])
def test_the_greeting_may_come_before_the_session_has_an_id(order: tuple[Any, ...]) -> None:
    session, _ = begun()
    said = [hear(session, event) for event in order]
    (asked,) = filter(None, said)
    assert asked["utterance"] == "help"
    assert session.step == "turn 1"


@pytest.mark.parametrize(
    "embedded",
    [
        {"dialog_response": {"prompt": {"content": "Welcome."}}},
        {"dialog_response": {"prompt": {"masked_content": "Welcome."}}},
        {"dialog_response": {"ui_component": {"type": "buttons"}}},
        {"greeting": {"source": "BOT", "utterance": "Welcome."}},
        {"messages": [TYPING, GREETING]},
        {"source": "AGENT", "utterance": "Welcome."},
    ],
)
def test_the_greeting_may_be_within_the_answer_to_the_start(embedded: dict[str, Any]) -> None:
    session, _ = begun()
    asked = hear(session, {**STARTED, **embedded})
    assert asked is not None
    assert session.step == "turn 1"


def test_an_echo_of_the_opening_in_that_answer_is_no_greeting() -> None:
    session, _ = begun(Script(opening="hello", utterances=("help",)))
    hear(session, {**STARTED, "utterance": "hello"})
    assert session.step == "greeting"


def test_only_that_a_session_begins_can_be_asked_for() -> None:
    session, _ = begun(Script(greeting=False))
    assert hear(session, STARTED) is None
    assert ended(session) is None


@given(
    before=st.lists(st.sampled_from(NOISE), max_size=4),
    between=st.lists(st.sampled_from(NOISE), max_size=4),
    after=st.lists(st.sampled_from(NOISE), max_size=4),
    early=st.booleans(),
)
def test_whatever_comes_in_between_changes_nothing(
    before: list[Any], between: list[Any], after: list[Any], early: bool
) -> None:
    first = [GREETING, STARTED] if early else [STARTED, GREETING]
    session, _ = begun(TWO_TURNS)
    events = [*before, first[0], *between, first[1], *after, reply(), *between, reply("Bye.")]
    said = [one["utterance"] for event in events if (one := hear(session, event)) is not None]
    assert said == ["help", "thanks"]
    assert ended(session) is None
    assert session.last["utterance"] == "Bye."


@given(
    st.text()
    | st.binary().map(repr)
    | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps)
)
def test_no_text_breaks_it(text: str) -> None:
    session, _ = begun()
    session.hear(text)
    assert session.step in ("session", None)


def test_a_second_greeting_is_no_reply_to_the_first_turn() -> None:
    session, opening = begun()
    hear(session, STARTED)
    hear(session, {**GREETING, "client_message_id": opening["client_message_id"]})
    more = {**GREETING, "utterance": "How may I help?", "client_message_id": "m-1"}
    assert hear(session, more) is None
    assert session.step == "turn 1", "it answers the start, and not what was asked since"
    hear(session, reply(client_message_id="m-2"))
    assert ended(session) is None


@pytest.mark.parametrize("early", [True, False])
def test_the_last_words_may_come_after_the_news_that_the_dialog_is_over(early: bool) -> None:
    session, _ = begun()
    hear(session, STARTED)
    hear(session, GREETING)
    events = [{"type": "state_event", "state": "DIALOG_END"}, reply("Goodbye.")]
    for event in events if early else reversed(events):
        hear(session, event)
    assert ended(session) is None


def test_an_app_that_ends_before_everything_was_said_is_not_well() -> None:
    session, _ = begun(TWO_TURNS)
    for event in (STARTED, GREETING, {"type": "state_event", "state": "DIALOG_END"}):
        hear(session, event)
    assert hear(session, reply()) is None
    assert session.complaint is not None
    assert session.complaint.detail == "the app ended the dialog before 'thanks' was said"
    assert session.complaint.application


@pytest.mark.parametrize(
    ("event", "category", "detail"),
    [
        ({"type": "error_event", "error_code": "UNAUTHORIZED"}, "credential", "UNAUTHORIZED"),
        (
            {"type": "error_event", "error_code": "BAD_REQUEST", "message": "no"},
            "misconfigured",
            "no",
        ),
        ({**STARTED, "error_code": "SESSION_NOT_FOUND"}, "unexpected", "SESSION_NOT_FOUND"),
        ({"type": "state_event", "state": "SESSION_EXPIRED"}, "unexpected", "SESSION_EXPIRED"),
        ({"type": "start_session_resp"}, "unexpected", "no session_id"),
        ({"type": "start_session_resp", "session_id": 7}, "unexpected", "no session_id"),
        ([], "unexpected", "not a JSON object"),
    ],
)
def test_what_ends_a_conversation_before_its_time(event: Any, category: str, detail: str) -> None:
    session, _ = begun()
    assert hear(session, event) is None
    assert session.step is None
    assert session.complaint is not None
    assert (session.complaint.category, detail in session.complaint.detail) == (category, True)
    assert hear(session, STARTED) is None, "nothing more is said"
    assert session.complaint.category == category


@pytest.mark.parametrize(
    ("script", "words", "good"),
    [
        (Script(utterances=("help",), reply=re.compile("(?i)glad")), "Gladly.", True),
        (Script(utterances=("help",), reply=re.compile("sorry")), "Gladly.", False),
        (Script(reply=re.compile("Welcome")), "Gladly.", True),
    ],
)
def test_the_last_reply_may_have_to_say_something(script: Script, words: str, good: bool) -> None:
    session, _ = begun(script)
    for event in (STARTED, GREETING, reply(words)):
        hear(session, event)
    assert session.step is None
    assert (session.complaint is None) is good


def test_silence_means_nothing_before_there_is_a_session() -> None:
    session, _ = begun()
    assert session.unanswered(5.0) is None
    assert session.farewell() is None
    hear(session, STARTED)
    silence = session.unanswered(5.0)
    assert silence is not None
    assert silence.detail == "no greeting within 5 s"
    hear(session, GREETING)
    silence = session.unanswered(5.0)
    assert silence is not None
    assert silence.detail == "no reply to 'help' within 5 s"
    assert silence.application
    assert session.farewell() is not None


# ---------------------------------------------------------------- codes


@pytest.mark.parametrize(
    ("event", "category"),
    [
        ({"error_code": "UNAUTHORIZED"}, Category.CREDENTIAL),
        ({"error_code": "unauthorized"}, Category.CREDENTIAL),
        ({"error_code": "FORBIDDEN", "error_message": "No available licenses"}, Category.LICENCE),
        ({"error_code": "NO_LICENCE"}, Category.LICENCE),
        ({"error_code": "FORBIDDEN", "error_message": "not for you"}, Category.PERMISSION),
        ({"error_code": "BAD_REQUEST"}, Category.MISCONFIGURED),
        ({"error_code": "TOO_MANY_REQUESTS"}, Category.THROTTLED),
        ({"error_code": "DIALOG_NOT_FOUND"}, Category.UNEXPECTED),
        ({"error_code": "SESSION_NOT_FOUND"}, Category.UNEXPECTED),
        ({"error_code": "SESSION_EXPIRED"}, Category.UNEXPECTED),
        ({"error_code": "INTERNAL_ERROR"}, Category.SERVER_ERROR),
        ({"error_code": 500, "message": "odd"}, Category.SERVER_ERROR),
        ({}, Category.SERVER_ERROR),
    ],
)
def test_a_code_is_taken_for_the_status_that_means_the_same(
    event: dict[str, Any], category: Category
) -> None:
    assert of_error(event).category is category
    assert of_error(event).detail


@pytest.mark.parametrize(
    ("code", "reason", "category"),
    [
        (1000, "no session established", Category.UNEXPECTED),
        (1001, "", Category.SERVER_ERROR),
        (1008, "policy", Category.PERMISSION),
        (1008, "No available licenses", Category.LICENCE),
        (1011, "", Category.SERVER_ERROR),
        (1013, "later", Category.THROTTLED),
        (4711, "its own", Category.UNEXPECTED),
    ],
)
def test_a_close_says_whose_trouble_it_is(code: int, reason: str, category: Category) -> None:
    complaint = of_close(HungUp(code, reason))
    assert complaint.category is category
    assert f"({code})" in complaint.detail


def test_a_line_that_just_ends_is_the_networks_fault() -> None:
    session, _ = begun()
    assert session.hung_up(HungUp(None, "dropped", Fault.DISCONNECTED)) is None
    assert session.hung_up(HungUp(1000, "no session established")) is not None


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (GREETING, "Welcome."),
        ({"source": "AGENT", "utterance": "Hi."}, "Hi."),
        (
            {"source": "USER", "utterance": "Hi.", "dialog_response": {"prompt": {"content": "x"}}},
            "",
        ),
        ({"source": "USER", "message": {"utterance": "help"}}, ""),
        ({"messages": [{"source": "USER", "utterance": "help"}]}, ""),
        ({"dialog_response": {"prompt": [{"content": ""}, {"content": "Hi."}]}}, "Hi."),
        ({"dialog_response": "nonsense", "source": "BOT"}, ""),
        ({"dialog_response": {"ui_component": {"a": 1}}}, "(a ui_component)"),
        ({"utterance": ["Hi."], "source": "BOT"}, ""),
    ],
)
def test_words_are_found_where_apps_put_them(event: dict[str, Any], words: str) -> None:
    assert words_of(event) == words
