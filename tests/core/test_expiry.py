"""What runs out is told ahead of time, louder towards the end, and after it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.blame import Blame
from monitor.core.expiry import Life, age_trouble, certificate_trouble, host_of
from monitor.core.incident import Severity
from monitor.core.outcome import Category
from tests.clock import START

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("left", "severity", "words"),
    [
        (15 * DAY, None, ""),
        (14 * DAY, Severity.WARNING, "ends in 14 days"),
        (4 * DAY, Severity.WARNING, "ends in 4 days"),
        (3.5 * DAY, Severity.ERROR, "ends in 3 days"),
        (1 * DAY, Severity.ERROR, "ends in 1 day,"),
        (DAY / 2, Severity.ERROR, "ends in less than a day"),
        (0 * DAY, Severity.ERROR, "ended less than a day ago"),
        (-2 * DAY, Severity.ERROR, "ended 2 days ago"),
    ],
)
def test_a_certificate_warns_ahead(left: timedelta, severity: Severity | None, words: str) -> None:
    trouble = certificate_trouble("omilia.example", START + left, 14 * DAY, START)
    assert (trouble and trouble.severity) == severity
    if trouble is not None:
        assert trouble.key == "certificate:omilia.example"
        assert f"the certificate of omilia.example {words}" in trouble.reason
        assert trouble.category is Category.UNREACHABLE
        assert trouble.blamed is not None
        assert trouble.blamed.blame is Blame.OMILIA


def test_a_credential_of_ninety_days_warns_after_eighty() -> None:
    issued = START
    for age, severity in ((79, None), (80, Severity.WARNING), (88, Severity.ERROR)):
        now = issued + age * DAY
        trouble = age_trouble("pat", issued + 90 * DAY, 10 * DAY, now)
        assert (trouble and trouble.severity) == severity
        assert Life(issued).age_days(now) == age
    trouble = age_trouble("pat", issued + 90 * DAY, 10 * DAY, issued + 88 * DAY)
    assert trouble is not None
    assert (trouble.key, trouble.category) == ("credential-age:pat", Category.CREDENTIAL)
    assert trouble.reason == "the credential pat ends in 2 days, on 2027-02-20"


@given(left=st.timedeltas(-400 * DAY, 400 * DAY), ahead=st.timedeltas(DAY, 90 * DAY))
def test_it_never_grows_milder_as_time_goes_by(left: timedelta, ahead: timedelta) -> None:
    ranks = ["", Severity.WARNING, Severity.ERROR]
    ends = START + left
    seen = [age_trouble("x", ends, ahead, START + n * DAY) for n in range(5)]
    order = [ranks.index(trouble.severity if trouble else "") for trouble in seen]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://us1-m.ocp.ai/envs-manager/api/status", "us1-m.ocp.ai"),
        ("https://us1-m.ocp.ai:443/", "us1-m.ocp.ai"),
        ("https://us1-m.ocp.ai:8443/x", "us1-m.ocp.ai:8443"),
        ("wss://us1-m.ocp.ai/chat/ws/session", "us1-m.ocp.ai"),
        ("https://[::1]:8443/", "[::1]:8443"),
        ("http://us1-m.ocp.ai/", None),
    ],
)
def test_a_certificate_belongs_to_a_host_and_its_port(url: str, host: str | None) -> None:
    assert host_of(url) == host


def test_an_unknown_age_is_none() -> None:
    assert Life().age_days(START) is None
