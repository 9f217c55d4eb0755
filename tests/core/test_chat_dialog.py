"""The Chat API over REST without HTTP: what is posted, and what an answer is worth."""

import json
import re
from typing import Any

import pytest

from monitor.core.category import Category
from monitor.core.exchange import Complaint, Reply
from monitor.omilia.chat.dialog import Dialog
from monitor.omilia.chat.script import Script

SCRIPT = Script(opening="hello", utterances=("help", "thanks"), input_fields={"synthetic": "true"})


def answer(words: str = "Hi.", dialog_id: Any = "d-1", **more: Any) -> Reply:
    prompts = [{"prompts": [{"content": words}]}]
    body = {"dialog_id": dialog_id, "action_type": "prompt", "responses": prompts, **more}
    return Reply(200, json.dumps(body).encode())


def next_step(dialog: Dialog) -> str | None:
    return dialog.step


def test_each_utterance_is_a_step_of_the_same_dialog() -> None:
    dialog = Dialog(SCRIPT)
    assert (dialog.step, dialog.begun, dialog.farewell()) == ("greeting", False, None)
    first = json.loads(dialog.body())
    assert first == {
        "utterance": "hello",
        "user": {"user_id": "synthetic-prober"},
        "input_fields": {"synthetic": "true"},
    }
    assert dialog.hear(answer()) is None
    assert dialog.step == "turn 1"
    assert json.loads(dialog.body())["dialog_id"] == "d-1"
    assert json.loads(dialog.body())["utterance"] == "help"
    assert dialog.hear(answer()) is None
    assert dialog.step == "turn 2"
    assert dialog.hear(answer()) is None
    assert next_step(dialog) is None
    farewell = dialog.farewell()
    assert farewell is not None
    assert json.loads(farewell) | {"input_fields": {}, "user": {}} == {
        "utterance": "[hup]",
        "dialog_id": "d-1",
        "user": {},
        "input_fields": {},
    }


@pytest.mark.parametrize(
    ("reply", "category", "detail", "application"),
    [
        (Reply(200, b"<html>"), Category.UNEXPECTED, "not a JSON object", False),
        (Reply(200, b"[" * 100_000), Category.UNEXPECTED, "not a JSON object", False),
        (Reply(200, b"[]"), Category.UNEXPECTED, "not a JSON object", False),
        (answer(dialog_id=""), Category.UNEXPECTED, "no dialog_id", False),
        (answer(dialog_id=7), Category.UNEXPECTED, "no dialog_id", False),
        (answer(""), Category.UNEXPECTED, "no reply to 'hello'", True),
        (answer(responses=[]), Category.UNEXPECTED, "no reply to 'hello'", True),
        (answer(responses={"prompts": "x"}), Category.UNEXPECTED, "no reply to 'hello'", True),
        (answer(error_code="UNAUTHORIZED"), Category.CREDENTIAL, "UNAUTHORIZED", False),
    ],
)
def test_an_answer_that_is_not_what_a_healthy_app_gives(
    reply: Reply, category: Category, detail: str, application: bool
) -> None:
    dialog = Dialog(SCRIPT)
    complaint = dialog.hear(reply)
    assert complaint is not None
    assert (complaint.category, complaint.application) == (category, application)
    assert detail in complaint.detail
    assert dialog.step == "greeting"


def test_a_dialog_without_a_reply_is_ended_all_the_same() -> None:
    dialog = Dialog(SCRIPT)
    assert dialog.hear(answer("")) is not None
    assert dialog.farewell() is not None


def test_another_dialogs_answer_is_none_and_ours_is_the_one_to_end() -> None:
    dialog = Dialog(SCRIPT)
    dialog.hear(answer())
    complaint = dialog.hear(answer(dialog_id="d-2"))
    assert complaint == Complaint(Category.UNEXPECTED, "the answer belongs to another dialog")
    farewell = dialog.farewell()
    assert farewell is not None
    assert json.loads(farewell)["dialog_id"] == "d-1"


def test_nothing_is_said_to_end_a_dialog_where_nothing_is_configured() -> None:
    dialog = Dialog(Script(opening="hello", end=None))
    assert dialog.hear(answer()) is None
    assert (dialog.step, dialog.begun, dialog.farewell()) == (None, True, None)


def test_only_the_last_reply_has_to_say_something() -> None:
    dialog = Dialog(Script(opening="hello", utterances=("help",), reply=re.compile("glad")))
    assert dialog.hear(answer("Hi.")) is None
    complaint = dialog.hear(answer("No."))
    assert complaint is not None
    assert complaint.detail == "the reply does not match glad"
