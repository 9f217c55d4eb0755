"""An outcome that was recorded, made an exchange again: so that other settings can judge it."""

from monitor.core.category import EFFECTS, Category, Effect
from monitor.core.exchange import Complaint, Exchange, Fault, NoReply, NotSent, Reply
from monitor.core.outcome import Expectation, Outcome, judge

_STATUS = 200
_REFUSALS = 300
_BLOCKED = "blocked by "
_NOTHING_SPECIAL = Expectation()


def exchange_of(outcome: Outcome) -> Exchange:
    """Return what the network must have done.

    What depends on numbers alone is open to other settings: a good reply by its latency and its
    status, a refusal by its status. What a body showed, and what failed, stays what it was judged.
    """
    if outcome.category is Category.BLOCKED:
        return NotSent(outcome.detail.removeprefix(_BLOCKED) or "something that is down")
    latency = outcome.latency or 0.0
    if outcome.category is Category.UNREACHABLE:
        fault = outcome.fault or Fault.CONNECT
        return NoReply(fault, outcome.detail, outcome.phase, latency)
    reply = Reply(outcome.status or _STATUS, latency=latency)
    if outcome.category in (Category.OK, Category.SLOW) or _is_by_status(outcome, reply):
        return reply
    found = Complaint(
        outcome.category, outcome.detail, outcome.retry_after, application=outcome.application
    )
    return Reply(reply.status, latency=latency, complaint=found)


def _is_by_status(outcome: Outcome, reply: Reply) -> bool:
    """Tell a refusal that the status alone explains; other settings may count it as a failure."""
    if EFFECTS[outcome.category] is not Effect.NEUTRAL or reply.status < _REFUSALS:
        return False  # what failed did; and a conversation is no matter of a status
    return judge(reply, _NOTHING_SPECIAL, now=outcome.at).category is outcome.category
