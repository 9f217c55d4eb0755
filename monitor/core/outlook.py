"""What a breaker does next, and what it would take: its thresholds beside how far it has come."""

from monitor.core.breaker import Snapshot, State
from monitor.core.endpoint import Endpoint
from monitor.core.grounds import about, lasting
from monitor.core.window import FAILED, SLOW, Share, share


def failed_share(breaker: Snapshot, endpoint: Endpoint) -> Share:
    """Count the failures in a closed breaker's window."""
    return share(breaker.recent, endpoint.policy.failure_rate, FAILED, breaker.taken_mono)


def slow_share(breaker: Snapshot, endpoint: Endpoint) -> Share:
    """Count what was slow in a closed breaker's window."""
    return share(breaker.recent, endpoint.policy.slow_rate, SLOW, breaker.taken_mono)


def outlook(breaker: Snapshot, endpoint: Endpoint, next_in: float | None) -> str:
    """Say in one line what happens next. `next_in`: seconds until the next probe."""
    policy = endpoint.policy
    when = "" if next_in is None else f" in {about(max(next_in, 0.0))}"
    trials = f"{policy.success_threshold} good trials in a row close it"
    if policy.success_threshold == 1:
        trials = "a good one closes it"
    if breaker.state is State.OPEN:
        return f"a trial{when}; {trials}"
    if breaker.state is State.HALF_OPEN:
        return f"{breaker.successes} of {policy.success_threshold} good trials; the next{when}"
    ways = [f"{policy.fail_max} failures in a row ({breaker.failures} now)"]
    ways.append(_way(failed_share(breaker, endpoint), "failing"))
    if policy.slow_opens:
        ways.append(_way(slow_share(breaker, endpoint), "slow"))
    return f"opens on {', or '.join(ways)}"


def _way(counted: Share, kind: str) -> str:
    rate = counted.rate
    limit = f"more than {rate.over:g} % of {rate.of} {kind} in {lasting(rate.within)}"
    now = f"{counted.hits} of {counted.seen} now"
    return f"{limit} ({now}{'' if counted.is_enough else ', not enough evidence'})"
