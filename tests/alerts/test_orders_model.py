"""Random outages, failures and crashes, and people who drop and retry: the truth wins all the same.

Whoever drops an end has seen to it that the receiver knows: they closed it there by hand.
"""

import logging

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from alerts.alert import Severity, Status
from alerts.message import Notification
from alerts.orders import Dropped
from alerts.policy import Due
from alerts.self_alert import key_of
from tests.alerts.test_delivery_model import Delivery
from tests.alerts.truth import KEYS, NAMES

ALL_KEYS = [*KEYS, *map(key_of, NAMES)]


class Ordered(Delivery):
    """The delivery model, and people who meddle."""

    @rule(name=st.sampled_from(NAMES), key=st.sampled_from(ALL_KEYS), at_once=st.booleans())
    def somebody_drops_what_is_owed(self, name: str, key: str, at_once: bool) -> None:
        if name in self.removed:
            return
        house, listener = self.house, self.listeners[name]
        due, done = house.reconciler._couriers[name].outlook(key), Dropped.NOTHING_OWED

        async def drop() -> None:
            nonlocal done
            done = await house.reconciler.orders.drop(name, key, "ada")
            if at_once:
                await house.reconciler.round()

        if isinstance(due, Due):
            said = Notification(due.why, due.alert, house.clock.now(), number=due.number)
            listener.ledger.give_up(said)
            if due.alert.status is Status.RESOLVED:
                listener.mind.close(due.alert)
        self.run(drop())
        assert (done is Dropped.NOTHING_OWED) is not isinstance(due, Due)

    @rule(name=st.sampled_from(NAMES), key=st.sampled_from([None, *ALL_KEYS]))
    def somebody_wants_it_tried_at_once(self, name: str, key: str | None) -> None:
        if name not in self.removed:
            self.listeners[name].forgive()
            self.house.reconciler.orders.retry(name, key, "ada")
            self.run(self.house.reconciler.round())

    def look_at_the_end(self) -> None:
        """Whatever was dropped: the next revision is news again."""
        for listener in self.listeners.values():
            listener.be("well")
        for key in KEYS:
            self.trouble_begins_or_changes(key, Severity.CRITICAL, at_once=False)
        super().look_at_the_end()


def test_whatever_people_drop_the_next_news_and_every_other_end_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "omilia_monitor.alerts")
    run_state_machine_as_test(Ordered, settings=settings(max_examples=80, stateful_step_count=30))
