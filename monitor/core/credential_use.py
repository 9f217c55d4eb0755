"""Who uses a credential, and where it is accepted or rejected.

A credential that everybody rejects is dead. One that a single service rejects, while others accept
it, is not: Omilia's Pathfinder takes no personal access token, for one.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.around import Watched
from monitor.core.blame import Blame, Blamed
from monitor.core.category import Category, Effect
from monitor.core.endpoint import Endpoint
from monitor.core.incident import Severity, Trouble
from monitor.core.outcome import Outcome
from monitor.core.standing import CONFIRMED, Standing

ONLY_HERE = Blamed(
    Blame.CREDENTIAL, "It is us: this service rejects our credential, which others accept."
)

_ACCEPTED = frozenset(
    {
        Category.OK,
        Category.SLOW,
        Category.IMPAIRED,
        Category.UNEXPECTED,
        Category.REQUEST_FAILED,
        Category.LICENCE,
        Category.PERMISSION,
    }
)
"""What only comes after a credential was believed, as far as an answer can tell."""


@dataclass(frozen=True, slots=True)
class Use:
    """The ids of the endpoints that show a credential, and of those that answered, by how."""

    used_by: tuple[str, ...] = ()
    accepted_by: tuple[str, ...] = ()
    rejected_by: tuple[str, ...] = ()


def use_of(name: str, watched: Iterable[Watched]) -> Use:
    """Return who shows a credential, and what came of it there last."""
    users = [one for one in watched if one.endpoint.request.credential == name]
    return Use(
        used_by=tuple(one.endpoint.id for one in users),
        accepted_by=tuple(one.endpoint.id for one in users if _accepts(one.standing.last)),
        rejected_by=tuple(one.endpoint.id for one in users if rejects(one.standing)),
    )


def _accepts(last: Outcome | None, since: datetime | None = None) -> bool:
    if last is None or last.status is None or (since is not None and last.at < since):
        return False
    return last.category in _ACCEPTED


def rejects(standing: Standing) -> bool:
    """Tell whether an endpoint rejects its credential, beyond doubt."""
    last = standing.last
    return last is not None and _rejects(last) and standing.streak >= CONFIRMED


def _rejects(last: Outcome) -> bool:
    return last.category is Category.CREDENTIAL and last.effect is Effect.NEUTRAL


def narrowed(
    trouble: Trouble,
    standing: Standing,
    endpoint: Endpoint,
    watched: Iterable[Watched],
    alone: Container[str],
) -> Trouble | None:
    """Say whether a rejection is the whole credential's or this endpoint's; None: not known yet.

    Those who accepted the credential after this endpoint had begun to reject it stand against those
    who reject it too. The one who is asked first waits for a second opinion, but no longer than
    until it is asked itself again. `alone` are those of whom it is known that only they reject it.
    """
    others = [
        one
        for one in watched
        if one.endpoint.request.credential == endpoint.request.credential
        and one.endpoint.id != endpoint.id
    ]
    accepted = [o.endpoint.id for o in others if _accepts(o.standing.last, standing.since)]
    rejected = [o for o in others if o.standing.last is not None and _rejects(o.standing.last)]
    if len(accepted) > len(rejected):
        return replace(
            trouble,
            key=endpoint.id,
            severity=Severity.WARNING,
            reason=f"rejected by {endpoint.id}, accepted by {_some(accepted)}: {trouble.reason}",
            blamed=ONLY_HERE,
        )
    seconded = any(rejects(o.standing) and o.endpoint.id not in alone for o in rejected)
    return trouble if seconded or not others or standing.streak > CONFIRMED else None


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} others"
