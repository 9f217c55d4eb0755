"""The pure parts of the interface: URLs that are safe to show, folded availability, tags."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from monitor.core.blame import Blame
from monitor.core.health import Health, Status
from monitor.ports import Bucket
from monitor.web.redact import safe_url
from monitor.web.views import availability_of, status_view
from tests.clock import START
from tests.examples import an_endpoint


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.test/x", "https://a.test/x"),
        ("https://a.test:8443/x?page=2&sort=name", "https://a.test:8443/x?page=2&sort=name"),
        ("https://user:pw@a.test/x", "https://a.test/x"),
        ("https://u:p@ss@a.test/x", "https://a.test/x"),
        ("https://user@[::1]:80/x", "https://[::1]:80/x"),
        ("https://a.test/x#token=1", "https://a.test/x"),
        ("https://a.test/?token=1&page=2", "https://a.test/?token=REDACTED&page=2"),
        ("https://a.test/?X-Api-Key=1", "https://a.test/?X-Api-Key=REDACTED"),
        ("https://a.test/?client_secret=1", "https://a.test/?client_secret=REDACTED"),
        ("https://a.test/?a=1&password=", "https://a.test/?a=1&password=REDACTED"),
        ("https://a.test/?sig=a%2Bb", "https://a.test/?sig=REDACTED"),
        ("https://a.test/?%74oken=1", "https://a.test/?%74oken=REDACTED"),
        ("https://a.test/?pat=1&path=/x", "https://a.test/?pat=REDACTED&path=/x"),
        ("https://a.test/?design=1&decode=2", "https://a.test/?design=1&decode=2"),
        ("https://a.test/?flag", "https://a.test/?flag"),
        ("https://[half", "REDACTED"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert safe_url(url) == shown


def bucket(availability: float | None, counts: Mapping[str, int]) -> Bucket:
    return Bucket(START, 60.0, counts, availability, None, None, None)


@pytest.mark.parametrize(
    ("buckets", "availability"),
    [
        ([], None),
        ([bucket(None, {"credential": 5})], None),
        ([bucket(1.0, {"ok": 5})], 1.0),
        ([bucket(1.0, {"ok": 3}), bucket(0.0, {"unreachable": 1})], 0.75),
        ([bucket(0.5, {"ok": 1, "throttled": 1, "licence": 98}), bucket(1.0, {"slow": 2})], 0.75),
        ([bucket(1.0, {"ok": 1}), bucket(None, {"blocked": 9})], 1.0),
    ],
)
def test_availability_is_weighed_by_the_outcomes_that_say_something(
    buckets: list[Bucket], availability: float | None
) -> None:
    assert availability_of(buckets) == availability


def test_a_group_is_as_well_as_its_worst_endpoint() -> None:
    chat, iam = replace(an_endpoint(), group="chat", region="us1"), an_endpoint("iam")
    healths = [(chat, Health.OPERATIONAL), (iam, Health.UNKNOWN), (chat, Health.DOWN)]
    answer = (Blame.OMILIA, "It is Omilia.")
    named = {"location": "default", "version": "1.2.3"}
    view = status_view(
        Status.PARTIAL_OUTAGE, START, healths, [], answer, maintenance=[], orders=[], **named
    )
    assert view["groups"] == {"chat": "down", "default": "unknown"}
    assert view["regions"] == {"us1": "down"}
    assert (view["blame"], view["sentence"]) == answer
    assert (view["endpoints"], view["counts"]["down"]) == (3, 1)
