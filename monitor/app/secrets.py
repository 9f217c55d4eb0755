"""Where secrets come from: `{env: NAME}` or `{file: PATH}`, read when the configuration is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from monitor.app.problems import Path as Place
from monitor.app.problems import Problem

PLACES = (
    "omilia",
    "credentials",
    "channels",
    "access",
    "deadman",
    "store",
    "maintenance",
    "mirror",
)
"""The parts of the file in which a reference to a secret is understood."""


class ReferencedSecret(SecretStr):
    """A secret that remembers where it came from, so that it can be shown as that."""

    def __init__(
        self, secret_value: str, reference: Mapping[str, str], file: Path | None = None
    ) -> None:
        super().__init__(secret_value)
        self.reference = dict(reference)
        self.file = file
        """Where it is read again when it is rotated; None for what the environment said."""


def resolve(
    value: dict[str, Any], environ: Mapping[str, str], base: Path, problems: list[Problem]
) -> dict[str, Any]:
    """Replace every reference by its secret. What cannot be had is added to `problems`.

    A secret that is missing is replaced by a stand-in, so that the rest can still be checked.
    """
    resolver = _Resolver(environ, base, problems)
    return {
        key: resolver.walk(part, (key,)) if key in PLACES else part for key, part in value.items()
    }


class _Resolver:
    def __init__(self, environ: Mapping[str, str], base: Path, problems: list[Problem]) -> None:
        self._environ = environ
        self._base = base
        self._problems = problems

    def walk(self, value: Any, path: Place) -> Any:
        if isinstance(value, list):
            return [self.walk(item, (*path, n)) for n, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if list(value) in (["env"], ["file"]) and all(isinstance(v, str) for v in value.values()):
            return self._read(value, path)
        return {key: self.walk(item, (*path, key)) for key, item in value.items()}

    def _read(self, reference: dict[str, str], path: Place) -> ReferencedSecret:
        file = self._base / reference["file"] if "file" in reference else None
        try:
            if file is None:
                text = usable(self._environ.get(reference["env"]), _of_variable(reference["env"]))
            else:
                text = secret_in(file)
        except ValueError as error:
            self._problems.append(Problem(path, str(error)))
            text = "https://missing.invalid/"
        return ReferencedSecret(text, reference, file)


def _of_variable(name: str) -> tuple[str, str]:
    what = f"the environment variable {name}"
    return f"{what} is not set", f"{what} is empty"


def secret_in(file: Path) -> str:
    """Return the secret that a file holds.

    Raises ValueError, which says what is wrong and repeats nothing of it.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(f"the file {file} does not exist") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"the file {file} cannot be read: {type(error).__name__}") from None
    return usable(text, ("", f"the file {file} is empty"))


def usable(text: str | None, missing: tuple[str, str]) -> str:
    """Return the secret in a text; `missing` says that there is no text, or nothing in it.

    Raises ValueError.
    """
    secret = "" if text is None else text.strip()
    if not secret:
        raise ValueError(missing[text is not None])
    if any(character < " " for character in secret):
        raise ValueError("the secret has more than one line, or a control character in it")
    return secret
