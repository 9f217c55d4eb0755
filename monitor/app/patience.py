"""How long the daemon waits for its own rooms, in real seconds: every such bound in one place.

They are about our disk and our processor, not about Omilia. A test that tells a story hands in long
ones, so that a machine which stands still for a moment changes no story.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """What may take how long, in seconds. The three of the stop add up to less than ten."""

    opening: float = 5.0
    """The store at the start; then we probe without one."""
    commit: float = 1.0
    """A tick's commit; then the store is said to fail, and nobody waits for it."""
    journal: float = 1.0
    """The same for what was told to whom."""
    reading: float = 5.0
    """The store's answer to a question about the past."""
    files: float = 5.0
    """From one look at the files with secrets to the next."""
    store_failing: float = 15.0
    """How long the store fails before somebody is told: a moment's lock is no news."""
    last_probes: float = 2.5
    """Probes in flight at a stop."""
    farewell: float = 1.0
    """The end of a conversation, at a stop too; begins with the end of the wait for probes."""
    last_sends: float = 1.5
    """Messages under way at a stop."""
    last_writes: float = 1.5
    """What is still owed to the store at a stop."""
