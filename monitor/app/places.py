"""Where something stands in the file of which a problem was found in what the file means."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from monitor.app.problems import Path, Problem, spell


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an endpoint came from: the file's list, the catalogue (by its name), or both.

    `keys` are those that the file says of it, `made` those that the catalogue does.
    """

    index: int | None = None
    name: str = ""
    keys: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()


class Places:
    """Finds places. `credentials` were made of the part `omilia`, `defaults` are for all."""

    def __init__(
        self,
        origins: Sequence[Origin],
        credentials: Collection[str] = (),
        defaults: Collection[str] = (),
    ) -> None:
        self._origins = origins
        self._credentials = credentials
        self._defaults = defaults

    def shown(self, path: Path) -> Path:
        """Return the place where somebody wrote what stands at a path."""
        return self.placed(Problem(path, "")).path

    def placed(self, problem: Problem) -> Problem:
        """Return a problem at the place where somebody can do something about it."""
        path = problem.path
        match path:
            case ("credentials", str() as name, *_) if name in self._credentials:
                return replace(problem, path=_credential(name, path[2:]))
            case ("endpoints", int() as n, *_) if n < len(self._origins):
                return self._endpoint(problem, self._origins[n], path[2:])
        return problem

    def _endpoint(self, problem: Problem, origin: Origin, rest: Path) -> Problem:
        key = rest[0] if rest else None
        if key in self._defaults and key not in origin.keys | origin.made:
            return replace(problem, path=("defaults", *rest))
        if origin.index is not None and (key in origin.keys or key not in origin.made):
            return replace(problem, path=("endpoints", origin.index, *rest))
        said = f"{spell((origin.name, *rest))}: {problem.wrong}"
        return replace(problem, path=("omilia",), wrong=said)


def _credential(name: str, rest: Path) -> Path:
    """Return where a credential was written of which the catalogue made one."""
    if name.startswith("chat-"):
        return ("omilia", "apps")
    return ("omilia", "credentials", name, *(rest if name == "keycloak" else ()))
