"""Random outages, failures and crashes, and people who drop and retry: the truth wins all the same.

Whoever drops an end has seen to it that the receiver knows: they closed it there by hand.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from alerts.alert import Severity, Status
from alerts.orders import Dropped
from alerts.self_alert import key_of
from tests.alerts.minds import KEYS
from tests.alerts.test_delivery_model import Delivery

CHANNELS = ("ops", "mail", "page")
ALL_KEYS = [*KEYS, *map(key_of, CHANNELS)]


class Ordered(Delivery):
    """The delivery model, and people who meddle."""

    @rule(name=st.sampled_from(CHANNELS), key=st.sampled_from(ALL_KEYS), quick=st.booleans())
    def somebody_drops_what_is_owed(self, name: str, key: str, quick: bool) -> None:
        if name in self.removed:
            return
        house = self.house
        lane, done = house.reconciler.overview.lane(name, key), Dropped.NOTHING_OWED

        async def drop() -> None:
            nonlocal done
            done = await house.reconciler.orders.drop(name, key, "ada")
            if quick:
                await house.reconciler.round()

        believes = self.receivers[name].believes
        over = lane.owed is not None and lane.owed.status is Status.RESOLVED
        if over and key in believes and believes[key].id == lane.incident:
            del believes[key]
        self.run(drop())
        assert (done is Dropped.NOTHING_OWED) is (lane.owed is None)

    @rule(name=st.sampled_from(CHANNELS), key=st.sampled_from([None, *ALL_KEYS]))
    def somebody_wants_it_tried_at_once(self, name: str, key: str | None) -> None:
        if name not in self.removed:
            self.house.reconciler.orders.retry(name, key, "ada")
            self.run(self.house.reconciler.round())

    def look_at_the_end(self) -> None:
        """Whatever was dropped: the next revision is news again."""
        for receiver in self.receivers.values():
            receiver.mood = "well"
        for key in KEYS:
            self.trouble_changes(key, severity=Severity.CRITICAL, quick=False)
        super().look_at_the_end()


def test_whatever_people_drop_the_next_news_and_every_other_end_is_told() -> None:
    run_state_machine_as_test(
        Ordered,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
